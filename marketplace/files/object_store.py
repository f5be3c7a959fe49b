"""Contents of files in an S3-compatible store: written, read in ranges, listed, removed (122). No table is known here.

When which of them is used, and what lies in the data folder all the same, is in `storage.py`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import structlog

from marketplace.errors import Busy, CannotSave
from marketplace.settings.file_store import FileStore

log = structlog.get_logger(__name__)
PIECE = 1 << 16  # bytes
CONNECT_SECONDS, READ_SECONDS = 3, 20
TRIES = 3  # of each request, at growing distances; only those that the store could not answer
MISSING = ("404", "NoSuchKey", "NotFound")


class ObjectStore:
    """The store of a site; its client is made when it is first used, so that no process inherits a connection.

    Args:
        place: where it is.
    """

    def __init__(self, place: FileStore) -> None:
        self.place = place

    @cached_property
    def _client(self) -> Any:
        # A quarter of a second and 30 MB, which a site that has its files on the disk does not spend.
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.place.endpoint,
            aws_access_key_id=self.place.key,
            aws_secret_access_key=self.place.secret,
            region_name=self.place.region,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": TRIES},
                # The checksums of Amazon alone, which others refuse; the SHA-256 below is signed with each upload, so
                # that the store itself refuses a content that arrived otherwise.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={
                    "addressing_style": self.place.style,
                    "payload_signing_enabled": True,
                },
            ),
        )

    def name_of(self, sha256: str) -> str:
        """What a content is called there; as in the data folder, so that one can be copied into the other."""
        return f"{self.place.folder}{sha256[:2]}/{sha256[2:4]}/{sha256}"

    def put(self, sha256: str, path: Path) -> None:
        """Write a content; one that is there is written again, and is young again.

        Raises:
            CannotSave: the store does not answer, or refuses.
        """
        with self._saying_why(saving=True), path.open("rb") as file:
            self._client.put_object(**self._named(sha256), Body=file)

    def size_of(self, sha256: str, *, saving: bool = False) -> int | None:
        """Bytes of a content; None where it is not there. Raises Busy, or CannotSave for somebody who saves."""
        with self._saying_why(saving=saving):
            try:
                head = self._client.head_object(**self._named(sha256))
            except self._client.exceptions.ClientError as error:
                # Each store has a name of its own for what is not there.
                if _code_of(error) in MISSING:
                    return None
                raise
            return int(head["ContentLength"])

    def read_from(self, sha256: str, start: int = 0) -> IO[bytes]:
        """The bytes of a content from one on. Raises Busy."""
        with self._saying_why():
            answer = self._client.get_object(
                **self._named(sha256), Range=f"bytes={start}-"
            )
            body: IO[bytes] = answer["Body"]
            return body

    def fetch(self, sha256: str, file: IO[bytes]) -> None:
        """Write a content to a file of ours. Raises Busy."""
        body = self.read_from(sha256)
        with self._saying_why():
            while piece := body.read(PIECE):
                file.write(piece)

    def remove(self, sha256: str) -> None:
        """Remove a content; one that is not there is no error. Raises Busy."""
        with self._saying_why():
            self._client.delete_object(**self._named(sha256))

    def contents(self) -> Iterator[tuple[str, float]]:
        """The last part of every name, and when it was written, in seconds since 1970. Raises Busy."""
        pages = self._client.get_paginator("list_objects_v2")
        with self._saying_why():
            for page in pages.paginate(
                Bucket=self.place.bucket, Prefix=self.place.folder
            ):
                for one in page.get("Contents", []):
                    name = str(one["Key"]).rpartition("/")[2]
                    yield name, one["LastModified"].timestamp()

    def _named(self, sha256: str) -> dict[str, str]:
        return {"Bucket": self.place.bucket, "Key": self.name_of(sha256)}

    @contextmanager
    def _saying_why(self, *, saving: bool = False) -> Iterator[None]:
        """Turn a store that is away or refuses into words; what it said goes to the log. Raises Busy, CannotSave."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            log.error("file_store_failed", said=str(error)[:300])
            if saving:
                raise CannotSave(
                    "存放文件的服务没有收下，文件没有存上。",
                    "请过几分钟再上传一次；一直这样要由运营方检查 FILES_URL 的地址、密钥和存储桶。",
                ) from None
            raise Busy(
                "存放文件的服务没有答复，现在打不开这个文件。",
                "请过几分钟再试；一直这样请告诉运营方。",
            ) from None


class ObjectReader(io.RawIOBase):
    """A content as a file that can be read from any byte on; nothing is asked for before it is read.

    Args:
        store: where it is.
        sha256: of it.
        size: bytes.
    """

    def __init__(self, store: ObjectStore, sha256: str, size: int) -> None:
        self._store = store
        self._sha256 = sha256
        self._size = size
        self._at = 0
        self._body: IO[bytes] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte; what was asked for from another one on is given up."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}
        wanted = base[whence] + offset
        # Where nothing is skipped, the answer under way goes on.
        if wanted != self._at:
            self._end_body()
            self._at = wanted
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer.

        Raises:
            OSError: the store ended before the content did; whoever reads then knows that something is missing.
        """
        if self._at >= self._size:
            return 0
        if self._body is None:
            self._body = self._store.read_from(self._sha256, self._at)
        try:
            piece = self._body.read(len(buffer))
        except Exception as error:
            # Of urllib3 or botocore, whose own names are nothing to those who read a file.
            raise OSError(f"the store broke off: {error}") from error
        # Less than the size: a download that ends early must not look whole.
        if not piece:
            raise OSError("the store ended too early")
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        """Give up what was asked for."""
        self._end_body()
        super().close()

    def _end_body(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


def _code_of(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
