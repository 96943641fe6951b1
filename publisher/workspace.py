"""A workspace and its settings: the git repository with `publisher.toml` in which a legal team works."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from publisher.errors import Misconfigured, Place, Problem
from publisher.messages import LANGUAGES, Localized, msg
from publisher.schema import Days, IsoDay, Strict, iso_day, read_toml, refuse, shown

SETTINGS_FILE: Final = "publisher.toml"
Language = Literal["ko", "en"]
_PLACE: Final = Place(path=SETTINGS_FILE)
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
#: What may stand in a header or a title: no control characters, no encoded words (they could become headers).
_UNSAFE_WORDS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]|=\?")


def safe_words(value: Any) -> Any:
    """Refuse (P126) words that could turn into something else in a mail's header."""
    for words in value.values() if isinstance(value, dict) else (value,):
        if isinstance(words, str) and _UNSAFE_WORDS.search(words):
            raise refuse(
                "P126",
                msg("A title cannot contain a line break, a control character or “=?”."),
                msg("Write it as one plain line."),
            )
    return value


def _in_languages(value: dict[str, str]) -> Localized:
    unknown = [language for language in value if language not in LANGUAGES]
    if unknown:
        raise refuse(
            "C510",
            msg("{language} is not a language of this program.", language=unknown[0]),
            msg("Use ko and en."),
        )
    empty = [language for language, words in value.items() if not words.strip()]
    if empty or not value:
        raise refuse(
            "P116",
            msg("The words in {language} are empty.", language=empty[0] if empty else "ko, en"),
            msg("Write them in every language of the workspace."),
        )
    return Localized.of(value)


def _to_localized(value: Any) -> Any:
    if isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
        return _in_languages(value)
    if isinstance(value, Localized):
        return value
    raise refuse("C510", msg("The words are needed by language."), msg('Write {{ ko = "…", en = "…" }}.'))


#: Words by language: `{ ko = "…", en = "…" }`.
Words = Annotated[Localized, BeforeValidator(_to_localized)]
#: The same, on one plain line.
Title = Annotated[Localized, BeforeValidator(lambda value: _to_localized(safe_words(value)))]


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise refuse("C510", msg("{value} is not an e-mail address.", value=value))
    return value


EmailAddress = Annotated[str, AfterValidator(_address)]


def _split(url: str) -> SplitResult:
    """The parts of an address; all empty where it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def _base_url(value: str) -> str:
    parts = _split(value)
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    plain = not (re.search(r"[\s\x00-\x1f\x7f?#@]", value))
    if (
        not plain
        or parts.scheme not in {"https", "http"}
        or not parts.hostname
        or (parts.scheme == "http" and not local)
    ):
        raise refuse(
            "C510",
            msg("{value} is not an https:// address.", value=value),
            msg("It is what links in mails and feeds begin with, for example https://policies.example.com."),
        )
    return value.rstrip("/")


class SiteSettings(Strict):
    base_url: Annotated[str, AfterValidator(_base_url)]
    output: str = "build/site"
    languages: Annotated[list[Language], Field(min_length=1)] = ["ko", "en"]
    governing_language: Language = "ko"
    organisation: Title
    contact: EmailAddress
    #: where the public site answers; its pages are fetched back from there before an announcement counts
    live_url: Annotated[str, AfterValidator(lambda url: url and _base_url(url))] = ""
    #: the day on which a person last tried the pages with screen readers and by keyboard; "" for none on record
    accessibility_tested: Annotated[date | Literal[""], BeforeValidator(lambda day: iso_day(day) if day else "")] = ""
    #: whether each version gets a PDF in each language when it goes on record; needs the extra `pdf`
    pdf: bool = False
    #: a folder with the fonts of the PDF, relative to the workspace; "" for those of the machine
    pdf_fonts: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> SiteSettings:
        if len(set(self.languages)) != len(self.languages):
            raise refuse("C510", msg("A language stands twice in languages."))
        if self.governing_language not in self.languages:
            raise refuse("C510", msg("governing_language is not one of languages."))
        for language in self.languages:
            if language not in self.organisation.as_dict():
                raise refuse("C510", msg("organisation lacks its name in {language}.", language=language))
        return self


def _branch(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*", value, re.ASCII) or re.search(
        r"\.\.|\.$|\.lock(/|$)", value
    ):
        raise refuse(
            "C510",
            msg("{value} cannot be the name of a branch.", value=shown(value)),
            msg("Use letters, digits and hyphens, for example publisher/record."),
        )
    return value


def _remote(value: str) -> str:
    if not value:
        return value
    parts = _split(value)
    if parts.scheme == "https" and (parts.password is not None or parts.username):
        raise refuse(
            "C501",
            msg("A password stands in git.remote, where everyone who reads the settings sees it."),
            msg("Take it out, change it, and put the new one into the variable named by git.token_env."),
        )
    known = parts.scheme in {"https", "ssh", "file"} or re.match(r"/|[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^:]", value)
    # What begins with a hyphen would be taken for an option, also as the name of a machine.
    if not known or re.search(r"[\s\x00-\x1f\x7f]|^-|//-|@-", value):
        raise refuse(
            "C510",
            msg("{value} is not the address of a git repository.", value=shown(value)),
            msg("Write https://…, ssh://…, git@host:path or the folder of a bare repository, beginning with /."),
        )
    return value


_IDENTITY: Final = re.compile(r"([^<>\x00-\x1f\x7f]*[^<>\s\x00-\x1f\x7f]) <([^<>\s\x00-\x1f\x7f]+)>")


def _identity(value: str) -> str:
    match = _IDENTITY.fullmatch(value)
    if not match or not _ADDRESS.fullmatch(match[2]):
        raise refuse(
            "C543",
            msg("{value} is not a name with an e-mail address.", value=shown(value)),
            msg('Write identity = "Publisher <publisher@example.com>" in the section [git].'),
        )
    return value


class GitSettings(Strict):
    ref: str = "main"
    #: the branch that the publisher alone writes: the folder `versions/` as it was published
    record: Annotated[str, AfterValidator(_branch)] = "publisher/record"
    #: where the record is pushed to, and the texts are fetched from with --watch-remote; "" for neither
    remote: Annotated[str, AfterValidator(_remote)] = ""
    #: the variable with what an https:// remote takes as password
    token_env: str = "PUBLISHER_GIT_TOKEN"  # noqa: S105 - the name of a variable
    #: as whom the publisher commits
    identity: Annotated[str, AfterValidator(_identity)] = "Publisher <publisher@example.com>"

    @model_validator(mode="after")
    def _apart(self) -> GitSettings:
        if self.record == self.ref:
            raise refuse(
                "C510",
                msg("git.record is the branch of the texts, which only people write."),
                msg("Leave it at publisher/record, or name another branch."),
            )
        return self


class NoticeDays(Strict):
    minor: Days = 7
    significant: Days = 14

    @model_validator(mode="after")
    def _rising(self) -> NoticeDays:
        if self.significant < self.minor:
            raise refuse("C510", msg("A significant change cannot have fewer days of notice than a minor one."))
        return self


def _zone(value: Any) -> Any:
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, TypeError, OSError):
        raise refuse(
            "C510", msg("{value} is not a time zone.", value=shown(value)), msg("Write it like Asia/Seoul.")
        ) from None


class OwnHoliday(Strict):
    """A day that the program cannot know: declared ad hoc (`rest = true`), or cancelled (`rest = false`)."""

    day: IsoDay
    name: Words
    rest: bool = True


class NoticeSettings(Strict):
    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("Asia/Seoul")
    days: NoticeDays = NoticeDays()
    counting: Literal["clear-days", "calendar-days"] = "clear-days"
    holidays: Literal["KR", ""] = "KR"
    own_holidays: list[OwnHoliday] = []
    clock_starts: Literal["site+mail", "site"] = "site+mail"
    mail_window_days: Annotated[int, Field(ge=0, le=60)] = 2
    posting_hours: str = "Mon-Fri 09:00-18:00"

    @model_validator(mode="after")
    def _lawful(self) -> NoticeSettings:
        if self.counting == "calendar-days":
            raise refuse(
                "C513",
                msg('counting = "calendar-days" gives one day less than promised and is only for importing history.'),
                msg(
                    'Leave it at "clear-days"; `publisher import --announced … --effective …` counts history as it '
                    "was by itself."
                ),
            )
        return self


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over: a server, or a folder in Maildir form."""

    #: "maildir", "smtp" (loopback only), "smtp+starttls" or "smtps"
    scheme: str
    host: str = ""
    port: int = 0
    user: str = ""
    path: str = ""


_PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def mail_server(url: str) -> MailServer:
    """Read `maildir:DIR`, `smtps://user@host`, `smtp+starttls://user@host:587` or `smtp://127.0.0.1:2525`."""
    if url.startswith("maildir:") and url != "maildir:":
        return MailServer(scheme="maildir", path=url.removeprefix("maildir:"))
    parts = _split(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise refuse(
            "C510",
            msg("smtp_url is not understood: {url}", url=_without_password(url)),
            msg("Write maildir:var/mail, smtps://user@host or smtp+starttls://user@host:587."),
        )
    if parts.password is not None:
        raise refuse(
            "C501",
            msg("A password stands in smtp_url, where everyone who reads the settings sees it."),
            msg("Take it out, change it, and put the new one into the variable named by password_env."),
        )
    if parts.scheme == "smtp" and not _is_loopback(parts.hostname):
        raise refuse(
            "C502",
            msg("smtp:// to {host} would send every mail and address unencrypted.", host=parts.hostname),
            msg("Use smtps:// (port 465) or smtp+starttls:// (port 587)."),
        )
    return MailServer(
        scheme=parts.scheme,
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
    )


def _without_password(url: str) -> str:
    return re.sub(r"(?s)^([^:]*:/*)([^:@]*):.*@", r"\1\2:…@", url)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bounces(value: str) -> str:
    # a token of 20 characters and the sign before it have to fit into a local part of 64 (RFC 5321, 4.5.3.1.1)
    if "+" in _address(value) or len(value.partition("@")[0]) > 43:
        raise refuse(
            "C510",
            msg("{value} cannot be the address for returned mails.", value=value),
            msg("Write a short address without “+”, for example bounces@example.com; a sign for the mail is added."),
        )
    return value


def _unsubscribe(value: str) -> str:
    parts = _split(value)
    plain = re.fullmatch(r"[!-;=?-~]+", value, re.ASCII)
    if not plain or parts.scheme != "https" or not parts.hostname or value.count("{token}") != 1 or len(value) > 500:
        raise refuse(
            "C510",
            msg("{value} cannot be the address for unsubscribing.", value=shown(value)),
            msg("Write https://… with {{token}} once, for example https://example.com/unsubscribe/{{token}}."),
        )
    return value


class MailSettings(Strict):
    sender: Annotated[EmailAddress, Field(alias="from")]
    smtp_url: Annotated[str, AfterValidator(lambda url: mail_server(url) and url)] = "maildir:var/mail"
    password_env: str = "PUBLISHER_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
    connections: Annotated[int, Field(ge=1, le=200)] = 8
    #: what becomes of a message that may have arrived: it is sent once more, or held until a person decides
    on_uncertain: Literal["resend", "hold"] = "resend"
    #: letters a second for the mail server; 0 for no limit
    per_second: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 0
    #: letters in flight to one recipient domain at first
    per_domain: Annotated[int, Field(ge=1, le=200)] = 2
    #: a Maildir, or a folder of files, that the address for bounces is delivered into; "" for none
    bounce_maildir: str = ""
    #: where undeliverable mails come back to, as bounces+TOKEN@…; "" for the sender
    bounces: Annotated[str, AfterValidator(lambda value: value and _bounces(value))] = ""
    #: whom mails to watchers come from, who asked for them; "" for the sender
    watchers_from: Annotated[str, AfterValidator(lambda value: value and _address(value))] = ""
    #: where watchers unsubscribe by one click: https://…{token}; "" for a mail to the contact
    unsubscribe: Annotated[str, AfterValidator(lambda value: value and _unsubscribe(value))] = ""


class DatabaseSettings(Strict):
    url: str = "sqlite:///var/publisher.db"

    @model_validator(mode="after")
    def _known(self) -> DatabaseSettings:
        parts = _split(self.url)
        if not self.url.startswith(("sqlite:///", "postgresql+psycopg://")) or not parts.scheme:
            raise refuse(
                "C510",
                msg("database.url is not understood: {url}", url=_without_password(self.url)),
                msg("Write sqlite:///var/publisher.db or postgresql+psycopg://user@host/name."),
            )
        if parts.scheme != "sqlite" and (parts.password is not None or "password" in parse_qs(parts.query)):
            raise refuse(
                "C501",
                msg("A password stands in database.url, where everyone who reads the settings sees it."),
                msg("Take it out, change it, and put the new one into ~/.pgpass or PGPASSWORD."),
            )
        return self


class RecipientsSettings(Strict):
    key_env: str = "PUBLISHER_RECIPIENTS_KEY"
    key_file: str = "var/recipients.key"
    #: days from the end of a mailing after which nothing ties it to persons any more; 0 for never
    keep_days: Annotated[int, Field(ge=0, le=36500)] = 0


def _person_name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", value, re.ASCII):
        raise refuse(
            "C510",
            msg("{value} cannot be the name of an approver.", value=shown(value)),
            msg("Use small letters, digits and hyphens, for example dpo. The name is published, the address is not."),
        )
    return value


PersonName = Annotated[str, AfterValidator(_person_name)]


class Approver(Strict):
    """Who may approve what a single person may not decide; known by a name that is published with the decision."""

    email: EmailAddress
    #: "ssh-ed25519 AAAA…"; where it is given, the approving commit must carry a signature by it
    key: str = ""


class SigningSettings(Strict):
    """The key that signs the heads of the journal and the tags of versions."""

    #: path of an SSH private key; "" for no signatures
    key: str = ""
    #: whose signatures hold, in the form of ssh-keygen(1), relative to the workspace
    allowed_signers: str = "allowed_signers"


class AlarmSettings(Strict):
    #: who is told when a date, a mailing or a record is at risk
    to: list[EmailAddress] = []


class ClockSettings(Strict):
    simulated: bool = False
    #: an address whose answers carry a `Date`: asked when the clock has jumped ahead; default: site.live_url
    second: Annotated[str, AfterValidator(lambda url: url and _base_url(url))] = ""


@dataclass(frozen=True, slots=True)
class DeployTarget:
    """Where the built site is brought to."""

    #: "dir", "rsync" or "s3"
    kind: str
    #: `user@host` for rsync ("" for this machine), the bucket for s3
    host: str
    #: an absolute path; for s3 the beginning of every key, without slashes around it
    path: str


#: No part begins with a hyphen or is "..": nothing can be taken for an option, or lead elsewhere.
_DEPLOY: Final = (
    ("dir", re.compile(r"dir:()((?:/(?!\.\.?(?:/|$))[^/\x00-\x1f\x7f]+)+)/?")),
    (
        "rsync",
        re.compile(
            r"rsync:(?:((?:[A-Za-z0-9_][\w.-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*):)?((?:/(?!\.)[\w.+-]+)+)/?", re.ASCII
        ),
    ),
    ("s3", re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/(?!\.)[\w.-]+)*)/?", re.ASCII)),
)


def deploy_target(value: str) -> DeployTarget:
    """Read `dir:/folder`, `rsync:/folder`, `rsync:user@host:/folder` or `s3://bucket/prefix`."""
    for kind, form in _DEPLOY:
        if match := form.fullmatch(value):
            return DeployTarget(kind=kind, host=match[1] or "", path=match[2].strip("/") if kind == "s3" else match[2])
    raise refuse(
        "C510",
        msg("deploy.target is not understood: {value}", value=_without_password(value)),
        msg("Write dir:/srv/www/policies, rsync:host:/srv/www/policies or s3://bucket/prefix; keys stay out of it."),
    )


class DeploySettings(Strict):
    """Where the site is brought to after each build."""

    target: Annotated[str, AfterValidator(lambda value: value and (deploy_target(value) and value))] = ""
    #: of an S3-compatible store; "" for Amazon's
    endpoint: Annotated[str, AfterValidator(lambda url: url and _base_url(url))] = ""
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")] = "us-east-1"
    key_env: str = "AWS_ACCESS_KEY_ID"
    secret_env: str = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - the name of a variable
    token_env: str = "AWS_SESSION_TOKEN"  # noqa: S105 - the name of a variable


class Settings(Strict):
    """`publisher.toml`; every key with its default is in docs/settings.md."""

    site: SiteSettings
    git: GitSettings = GitSettings()
    notice: NoticeSettings = NoticeSettings()
    mail: MailSettings
    database: DatabaseSettings = DatabaseSettings()
    recipients: RecipientsSettings = RecipientsSettings()
    clock: ClockSettings = ClockSettings()
    signing: SigningSettings = SigningSettings()
    alarms: AlarmSettings = AlarmSettings()
    approvers: dict[PersonName, Approver] = {}
    deploy: DeploySettings = DeploySettings()

    @model_validator(mode="after")
    def _read_back(self) -> Settings:
        if self.deploy.target and not self.site.live_url:
            raise refuse(
                "C586",
                msg("The site is brought to deploy.target, and nobody says where it can then be read."),
                msg("Set site.live_url: an announcement counts once its pages were read back from there."),
            )
        return self


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with its settings."""

    root: Path
    settings: Settings

    @property
    def versions(self) -> Path:
        return self.root / "versions"

    @property
    def state(self) -> Path:
        """What is not a record and is kept out of git: database, keys, locks."""
        return self.root / "var"

    @property
    def lock(self) -> Path:
        """Held by whoever writes records or the site."""
        return self.state / "publisher.lock"

    @property
    def output(self) -> Path:
        return self.root / self.settings.site.output

    def site_folders(self) -> list[Path]:
        """Where templates and styles are looked for: the workspace's own first, then the program's."""
        own = self.root / "site"
        return [own, site_files()] if own.resolve() != site_files().resolve() else [own]

    def has_own(self, part: str) -> bool:
        """Whether the workspace brings files of its own below `part` of `site/`."""
        own, *ours = self.site_folders()
        return bool(ours) and any((own / part).glob("*"))


def site_files() -> Path:
    """The program's own `site/`: inside the installed package, or beside it in a checkout."""
    installed = Path(str(resources.files("publisher"))) / "site"
    return installed if installed.is_dir() else Path(__file__).resolve().parent.parent / "site"


def parse_settings(data: bytes) -> Settings:
    """The settings in `data`; Misconfigured with every fault found."""
    settings, problems = read_toml(data, Settings, _PLACE, code="C510")
    if settings is None:
        raise Misconfigured(problems)
    return settings


def open_workspace(start: Path) -> Workspace:
    """The workspace that `start` is in; Misconfigured where there is none or its settings are faulty."""
    start = start.resolve()
    for folder in (start, *start.parents):
        file = folder / SETTINGS_FILE
        if file.is_file():
            return Workspace(root=folder, settings=parse_settings(file.read_bytes()))
    raise Misconfigured(
        Problem(
            code="C514",
            message=msg("There is no publisher.toml in {folder} or above it.", folder=str(start)),
            hint=msg("Change into a workspace, name one with --workspace, or make one with `publisher init DIR`."),
        )
    )


def secret(name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """A secret from the environment variable `name`; empty counts as absent."""
    return environment.get(name) or None
