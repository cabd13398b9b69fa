from __future__ import annotations

import pytest

from origin.stores.protocol import StoreError
from origin.stores.s3_place import S3Place, parse


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("s3://media", S3Place("media")),
        ("s3://media/", S3Place("media")),
        ("s3://media/live/eu-1/", S3Place("media", "live/eu-1/")),
        ("s3://My_old.bucket", S3Place("My_old.bucket")),
        ("s3://media?region=eu-central-1", S3Place("media", region="eu-central-1")),
        (
            "s3://media/live?endpoint=http://127.0.0.1:9000&region=auto",
            S3Place("media", "live/", "http://127.0.0.1:9000", "auto"),
        ),
        ("s3://media?endpoint=https%3A%2F%2Fs3.example.org%2F", S3Place("media", "", "https://s3.example.org")),
        (
            "s3://media?endpoint=https://example.org/storage/v1/s3",
            S3Place("media", endpoint="https://example.org/storage/v1/s3"),
        ),
        ("s3://media?endpoint=http://[::1]:9000", S3Place("media", endpoint="http://[::1]:9000")),
    ],
)
def test_a_url_says_where_the_objects_are(url: str, place: S3Place) -> None:
    assert parse(url) == place


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKEXAMPLE:hunter2@media/live",
        "s3://hunter2@media",
        "s3://media?endpoint=https://AKEXAMPLE:hunter2@s3.example.org",
        "s3://media?endpoint=https%3A%2F%2FAKEXAMPLE%3Ahunter2%40s3.example.org",
        "s3://media?endpoint=https://s3.example.org/?key=hunter2",
        "s3://media?secret_key=hunter2",
        "s3://media?endpoint=hunter2",
        "s3://media?region=hunter2!",
        "s3://media/hunter2%20/x",
        "s3://media#hunter2",
    ],
)
def test_what_may_be_a_secret_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        parse(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("s3:", "Write s3://bucket/prefix"),
        ("s3:media", "Write s3://bucket/prefix"),
        ("s3:///media", "Write s3://bucket/prefix"),
        ("s3://127.0.0.1:9000/media", "Write s3://bucket/prefix"),
        ("s3://[media", "Write s3://bucket/prefix"),
        ("s3://user:word@media", "Keep credentials out of URLs"),
        ("s3://media?endpoint=http://u:p@host", "Keep credentials out of URLs"),
        ("s3://media?endpoint=http%3A%2F%2Fu%3Ap%40host", "Keep credentials out of URLs"),
        ("s3://media?endpoint=", "The endpoint of an s3: URL is an address"),
        ("s3://media?endpoint=ftp://host", "The endpoint of an s3: URL is an address"),
        ("s3://media?endpoint=http://host:port", "The endpoint of an s3: URL is an address"),
        ("s3://media?endpoint=http://[host", "The endpoint of an s3: URL is an address"),
        ("s3://media?region=", "The region of an s3: URL is a name"),
        ("s3://media/.hidden", "The prefix of an s3: URL is made of"),
        ("s3://media/a//b", "The prefix of an s3: URL is made of"),
        ("s3://media?endpiont=http://host", "nothing called endpiont"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence):
        parse(url)


def test_sentences_name_bucket_and_endpoint() -> None:
    assert str(parse("s3://media/live?endpoint=http://127.0.0.1:9000")) == "the bucket media at http://127.0.0.1:9000"
    assert str(parse("s3://media")) == "the bucket media at AWS"
