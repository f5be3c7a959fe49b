"""Where the contents of files lie when it is not the data folder: an S3-compatible store, by `FILES_URL`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from marketplace.settings.reading import ConfigError

EXAMPLE = "https://KEY:SECRET@s3.example.cn/BUCKET/FOLDER?region=cn-north-1"
# Amazon's rule, which the others follow: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
FOLDER = re.compile(r"[A-Za-z0-9._/-]{0,200}", re.ASCII)
STYLES = ("path", "virtual")
DEFAULT_REGION = "us-east-1"  # what those expect that have no regions


@dataclass(frozen=True)
class FileStore:
    """A place of files in an S3-compatible store.

    Attributes:
        endpoint: address of the store, without a path.
        bucket: which one.
        folder: what the names in it begin with, ending with a slash; empty for none.
        key, secret: who we are there.
        region: part of what is signed.
        style: `path` (host/bucket) or `virtual` (bucket.host).
    """

    endpoint: str
    bucket: str
    folder: str
    key: str
    secret: str = field(repr=False)
    region: str = DEFAULT_REGION
    style: str = "path"


def read_file_store(env: Mapping[str, str]) -> FileStore | None:
    """The store that FILES_URL names; None where files lie in the data folder.

    Raises:
        ConfigError: it is no address of a store; what it says of the secret is not repeated.
    """
    text = env.get("FILES_URL", "").strip()
    if not text:
        return None
    try:
        parts = urlsplit(text)
        # Read here, for what is no number is noticed only when it is read.
        port = parts.port
    except ValueError:
        raise ConfigError(f"FILES_URL is no address; write it like {EXAMPLE}") from None
    bucket, _, folder = parts.path.strip("/").partition("/")
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    style = options.pop("style", STYLES[0])
    region = options.pop("region", DEFAULT_REGION)
    problem = _problem_of(parts, bucket, folder, style)
    # What is misspelt would be left out in silence, and the default taken.
    if options:
        problem = f"knows region and style, not {', '.join(sorted(options))}"
    if problem:
        raise ConfigError(f"FILES_URL {problem}; write it like {EXAMPLE}")
    host = str(parts.hostname)
    if port is not None:
        host = f"{host}:{port}"
    return FileStore(
        endpoint=f"{parts.scheme}://{host}",
        bucket=bucket,
        folder=f"{folder}/" if folder else "",
        # Keys of stores hold / and +, which an address has to escape.
        key=unquote(parts.username or ""),
        secret=unquote(parts.password or ""),
        region=region,
        style=style,
    )


def _problem_of(parts: SplitResult, bucket: str, folder: str, style: str) -> str:
    """What is wrong with an address, empty where nothing is."""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "must begin with https:// (or http://) and name a host"
    if not parts.username or not parts.password:
        return (
            "needs key and secret before the host; write %2F, %3A, %40 and %2B for / : @ + in"
            " them"
        )
    if not BUCKET.fullmatch(bucket):
        return "needs the name of a bucket as its path"
    if not FOLDER.fullmatch(folder) or ".." in folder:
        return "has a folder with signs other than letters, digits, . _ / -"
    if style not in STYLES:
        return f"has style={style}; it must be {' or '.join(STYLES)}"
    return ""
