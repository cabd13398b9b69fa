"""What a journal does inside Redis: each script is one step that nobody sees half of (Lua, Redis 6.2 or later).

A broadcast's keys are, in this order,

    state      hash: epoch, term (the writer's, see `redis`), last, and while there is a base: base, snapshot, size
    entries    list of the entries from `base + 1` to `last`, of `size` bytes together
    bodies     hash of bodies by name, and under the empty name how many bytes they have
    ages       sorted set of their names by the time they came, in microseconds
    kept, kept-ages    the same for those that do not expire by themselves

Arguments begin with the epoch, the term, the channel and the journal's time to live in milliseconds. Writers' scripts
answer with a number; those below zero are refusals.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

FENCED: Final = -1
FORGOTTEN: Final = -2
FULL: Final = -3


@dataclass(frozen=True, slots=True)
class Script:
    """Lua, and the name under which Redis remembers it."""

    text: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        """Name it."""
        digest = hashlib.sha1(self.text.encode(), usedforsecurity=False)  # Redis's own choice
        object.__setattr__(self, "sha", digest.hexdigest())


_COMMON: Final = """
local state, entries, bodies, ages, kept, kept_ages = unpack(KEYS)
local epoch, term, channel, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local function now()
    local time = redis.call('TIME')
    return time[1] * 1000000 + time[2]
end

local function whole(number)
    return string.format('%.0f', number)
end

-- The base, the last number and the size of the entries; or nothing and why this writer may not write.
local function permitted()
    local known = redis.call('HMGET', state, 'epoch', 'term', 'base', 'last', 'size')
    if known[1] and tonumber(known[1]) > tonumber(epoch) then
        return nil, -1
    end
    if known[1] ~= epoch or known[2] ~= term or not known[3]
            or redis.call('LLEN', entries) ~= known[4] - known[3] then
        return nil, -2
    end
    return tonumber(known[3]), tonumber(known[4]), tonumber(known[5])
end

-- A begin or forget may come after a later one of the same writer: what timed out may have been sent all the same.
local function outdated()
    local known = redis.call('HMGET', state, 'epoch', 'term')
    if known[1] and tonumber(known[1]) > tonumber(epoch) then
        return -1
    end
    if known[1] == epoch and tonumber(known[2]) > tonumber(term) then
        return -2
    end
    return nil
end

-- Put the bodies among the arguments from `first` on; drop those older than `oldest`, and the oldest beyond `limit`.
local function put(shelf, order, first, limit, oldest, time, life)
    local total = tonumber(redis.call('HGET', shelf, '') or '0')
    local function drop(name)
        total = total - redis.call('HSTRLEN', shelf, name)
        redis.call('HDEL', shelf, name)
    end
    for _, name in ipairs(redis.call('ZRANGEBYSCORE', order, '-inf', whole(oldest))) do
        drop(name)
    end
    redis.call('ZREMRANGEBYSCORE', order, '-inf', whole(oldest))
    for i = first, #ARGV, 2 do
        drop(ARGV[i])
        redis.call('HSET', shelf, ARGV[i], ARGV[i + 1])
        redis.call('ZADD', order, whole(time + i), ARGV[i])
        total = total + #ARGV[i + 1]
    end
    while total > tonumber(limit) do
        drop(redis.call('ZPOPMIN', order)[1])
    end
    redis.call('HSET', shelf, '', whole(total))
    redis.call('PEXPIRE', shelf, life)
    redis.call('PEXPIRE', order, life)
end

local function renew()
    redis.call('PEXPIRE', state, ttl)
    redis.call('PEXPIRE', entries, ttl)
    redis.call('PEXPIRE', kept, ttl)
    redis.call('PEXPIRE', kept_ages, ttl)
end
"""

FENCE: Final = Script(
    """
-- KEYS: state. ARGV: the epoch. Its term is below all others, that of a writer who has none included: it must begin
local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or ARGV[1])
if epoch > tonumber(ARGV[1]) then
    return -1
end
if epoch < tonumber(ARGV[1]) then
    redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'term', '-1')
end
return 0
"""
)

BEGIN: Final = Script(
    _COMMON
    + """
-- ARGV: …, the least number, the snapshot
local refusal = outdated()
if refusal then
    return refusal
end
local last = tonumber(redis.call('HGET', state, 'last') or '0')
local base = whole(math.max(last + 1, tonumber(ARGV[5]), now()))
redis.call('HSET', state, 'epoch', epoch, 'term', term, 'base', base, 'last', base, 'size', '0', 'snapshot', ARGV[6])
redis.call('DEL', entries)
renew()
redis.call('PUBLISH', channel, '')
return tonumber(base)
"""
)

TELL: Final = Script(
    _COMMON
    + """
-- ARGV: …, bodies' life in ms, bytes of bodies, entries, bytes of entries, count, that many entries, names and bodies
local base, last, size = permitted()
if not base then
    return last
end
local count = tonumber(ARGV[9])
local packed = {}
for i = 10, 9 + count do
    size = size + #ARGV[i]
    packed[i - 9] = struct.pack('>I4', #ARGV[i]) .. ARGV[i]
end
if last - base + count > tonumber(ARGV[7]) or size > tonumber(ARGV[8]) then
    return -3
end
if count > 0 then
    redis.call('RPUSH', entries, unpack(ARGV, 10, 9 + count))
    redis.call('HSET', state, 'last', whole(last + count), 'size', whole(size))
end
if #ARGV > 9 + count then
    local time = now()
    put(bodies, ages, 10 + count, ARGV[6], time - ARGV[5] * 1000, time, ARGV[5])
end
renew()
if count > 0 then
    redis.call('PUBLISH', channel, whole(last + 1) .. ':' .. table.concat(packed))
end
return last + count
"""
)

REBASE: Final = Script(
    _COMMON
    + """
-- ARGV: …, the number that the snapshot stands for, the snapshot
local base, last = permitted()
local sequence = tonumber(ARGV[5])
if not base then
    return last
elseif sequence > last then
    return -2
elseif sequence > base then
    redis.call('LTRIM', entries, whole(sequence - base), -1)
    local size = 0
    for _, entry in ipairs(redis.call('LRANGE', entries, 0, -1)) do
        size = size + #entry
    end
    redis.call('HSET', state, 'base', whole(sequence), 'size', whole(size), 'snapshot', ARGV[6])
end
renew()
return last
"""
)

KEEP: Final = Script(
    _COMMON
    + """
-- ARGV: …, bytes of bodies, names and bodies
local base, last = permitted()
if base then
    put(kept, kept_ages, 6, ARGV[5], 0, now(), ttl)
    renew()
end
return last
"""
)

FORGET: Final = Script(
    _COMMON
    + """
local refusal = outdated()
if refusal then
    return refusal
end
if redis.call('EXISTS', state) == 1 then
    redis.call('HSET', state, 'epoch', epoch, 'term', term)
    redis.call('HDEL', state, 'base', 'snapshot', 'size')
    redis.call('DEL', entries, bodies, ages, kept, kept_ages)
    renew()
    redis.call('PUBLISH', channel, '')
end
return 0
"""
)

PAST: Final = Script(
    """
-- KEYS: state, entries. ARGV: the number after which entries are wanted, or nothing
local state, entries = unpack(KEYS)
local known = redis.call('HMGET', state, 'epoch', 'last', 'base')
if not known[3] or redis.call('LLEN', entries) ~= known[2] - known[3] then
    return false
end
local after = tonumber(ARGV[1])
if after and after >= tonumber(known[3]) and after <= tonumber(known[2]) then
    local first = string.format('%.0f', after - known[3])
    return {known[1], known[2], '', redis.call('LRANGE', entries, first, -1)}
end
return {known[1], known[2], redis.call('HGET', state, 'snapshot'), redis.call('LRANGE', entries, 0, -1)}
"""
)
