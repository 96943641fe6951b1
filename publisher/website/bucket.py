"""The built site in an S3-compatible bucket, by obstore (the extra `s3`; decision 24)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from publisher.errors import Misconfigured
from publisher.messages import msg
from publisher.website.headers import HEADERS, content_type
from publisher.website.targets import RECORD, Delivery, away, broke_off, foreign
from publisher.workspace import DeploySettings, deploy_target, secret

if TYPE_CHECKING:
    from obstore.store import S3Store

#: Files on their way at the same time.
_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, or what begins with a prefix in it."""

    name: str
    store: S3Store

    def record(self) -> bytes | None:
        import obstore

        try:
            return bytes(obstore.get(self.store, RECORD).bytes())
        except FileNotFoundError:
            pass
        except _failures() as error:
            raise away(self.name, _reason(error)) from error
        try:
            for page in obstore.list(self.store, chunk_size=1):
                if page:
                    raise foreign(self.name, page[0]["path"])
        except _failures() as error:
            raise away(self.name, _reason(error)) from error
        return None

    def deliver(self, delivery: Delivery) -> None:
        try:
            self._put(RECORD, delivery.begun)
        except _failures() as error:
            raise away(self.name, _reason(error)) from error
        try:
            for stage in delivery.stages:
                self._put_all(delivery.source, stage)
            self._put(RECORD, delivery.done)
        except _failures() as error:
            raise broke_off(self.name, _reason(error)) from error

    def _put_all(self, source: Path, paths: Iterable[str]) -> None:
        """All of a stage, or an error once those on their way have ended; the next stage waits for this one."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            under_way = [pool.submit(self._put_file, source, path) for path in paths]
            try:
                for each in under_way:
                    each.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _put_file(self, source: Path, path: str) -> None:
        self._put(path, (source / path).read_bytes())

    def _put(self, path: str, data: bytes) -> None:
        import obstore

        kind = {"Content-Type": content_type(path), "Cache-Control": HEADERS["Cache-Control"]}
        obstore.put(self.store, path, data, attributes=kind)


def open_bucket(settings: DeploySettings, environment: Mapping[str, str]) -> Bucket:
    """The bucket of the settings; Misconfigured where the keys (C588) or the library (C589) are missing."""
    try:
        from obstore.store import S3Store
    except ImportError as error:
        raise Misconfigured.of(
            "C589",
            msg("deploy.target is a bucket, and the library for buckets is not installed."),
            msg("Run `pip install policy-publisher[s3]`."),
        ) from error
    for name in (settings.key_env, settings.secret_env):
        if secret(name, environment) is None:
            raise Misconfigured.of(
                "C588",
                msg("The variable {name} is empty; it holds what the bucket is opened with.", name=name),
                msg("Put the keys into the variables that deploy.key_env and deploy.secret_env name."),
            )
    target = deploy_target(settings.target)
    config: dict[str, Any] = {
        "access_key_id": secret(settings.key_env, environment),
        "secret_access_key": secret(settings.secret_env, environment),
        "region": settings.region,
        "endpoint": settings.endpoint or f"https://s3.{settings.region}.amazonaws.com",
        "virtual_hosted_style_request": False,
    }
    if token := secret(settings.token_env, environment):
        config["session_token"] = token
    store = S3Store(
        target.host,
        prefix=target.path or None,
        config=config,  # type: ignore[arg-type]
        # settings admit http to this machine only
        client_options={"allow_http": urlsplit(settings.endpoint).scheme == "http", "timeout": "60s"},
        retry_config={"max_retries": 3, "retry_timeout": _seconds(30)},
    )
    return Bucket(settings.target, store)


def _seconds(number: int) -> Any:
    from datetime import timedelta

    return timedelta(seconds=number)


def _failures() -> tuple[type[Exception], ...]:
    from obstore.exceptions import BaseError

    return (BaseError, OSError, ValueError)


def _reason(error: Exception) -> str:
    """The first line: what follows are the insides of the library."""
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)[:300]
