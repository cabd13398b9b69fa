/** How sound tracks are called in the menu. A track: `{id, name, language, channels, active}`; what is not known is empty. */

/** Names that only number tracks: those of our own renditions, and of common packagers. */
const NUMBERED = /^(a|audio|track|stream)?[\s_-]?\d+$/i;

/** `German`, `Commentary · German`, `Track 2`: never two alike within a list. */
export function trackNames(tracks, locale = "en") {
  const names = tracks.map((track, index) => nameOf(track, locale) || `Track ${index + 1}`);
  return names.map((name, index) => {
    const same = names.filter((other) => other === name).length > 1;
    return same ? `${name} (${index + 1})` : name;
  });
}

function nameOf({ name = "", language = "", channels = 0 }, locale) {
  const tongue = languageName(language, locale);
  const given = NUMBERED.test(name) || name.toLowerCase() === language.toLowerCase() ? "" : name;
  const parts = given.toLowerCase().includes(tongue.toLowerCase()) ? [given] : [given, tongue];
  return [...parts, channels > 2 ? surround(channels) : ""].filter(Boolean).join(" · ");
}

const surround = (channels) => ({ 6: "5.1", 8: "7.1" })[channels] ?? `${channels} channels`;

/** `de` → `German`; empty for none, and for `und`, which says that nobody knows (BCP 47, 4.1). */
function languageName(tag, locale) {
  if (tag === "" || tag === "und") {
    return "";
  }
  try {
    return new Intl.DisplayNames([locale], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
