"""Settings: environment variables `COCKPIT_…`, checked once when a process starts."""

import ipaddress
import os
import re
from dataclasses import replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple
from urllib.parse import quote

from pydantic import Field, SecretStr, TypeAdapter, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cockpit.errors import UsageError
from data import vault
from data.desk.identity.roles import ADMINISTRATORS, ROLES
from data.home import Home
from data.keyring import of_text
from data.values.zones import zone_names

if TYPE_CHECKING:
    from data.desk.auditing.custody import Custody
    from data.probe.service import Options

PREFIX = "COCKPIT_"
Size = Annotated[str, Field(pattern=re.compile(r"^[1-9]\d*(\.\d+)?\s?(MB|GB|TB|MiB|GiB|TiB)$"))]

BYTES = {"MB": 1000**2, "GB": 1000**3, "TB": 1000**4, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}
ISSUER = re.compile(r"^$|^https://[^\s?#]+$|^http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/[^\s?#]*)?$")
"""Identity providers are contacted over TLS, unless they run on this machine."""


class GroupRole(NamedTuple):
    """The role, and its area, that membership in a group of the identity provider gives."""

    group: str
    role: str
    area: int | None


def _bytes(text: str) -> int:
    """The number of bytes of a Size."""
    size = re.fullmatch(r"([\d.]+)\s?(\w+)", text)
    assert size, "the setting is checked when it is read"
    return int(float(size[1]) * BYTES[size[2]])


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2


class Settings(BaseSettings):
    """Each field is the variable `COCKPIT_<NAME>`; its description is the remedy in an error."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    home: Path = Field(Path("var"), description="folder of all state")
    zone: str = Field("Asia/Shanghai", description="the district's time zone, a name such as Asia/Shanghai")
    host: str = Field("127.0.0.1", pattern=r"^\S+$", description="address to serve on; 0.0.0.0 is every interface")
    port: int = Field(8501, ge=1, le=65535, description="port to serve on, 1 to 65535")
    language: Literal["zh", "en"] = Field("zh", description="language of a new visitor, zh or en")
    reject_limit: float = Field(0.2, ge=0, le=1, description="share of rejects above which a delivery is held, 0 to 1")
    memory: Size = Field("4GB", description="memory for loading and publishing, such as 4GB")
    read_memory: Size = Field("1GB", description="memory for queries of one serving process, such as 1GB")
    query_seconds: float = Field(30.0, gt=0, le=3600, description="seconds after which a query is stopped, such as 30")
    quick_seconds: float = Field(
        1.0, gt=0, le=60, description="seconds after which a query is a long one, which waits for its turn, such as 1"
    )
    costly_queries: int = Field(2, ge=1, le=64, description="long queries at once, one a person, 1 or more")
    queue_seconds: float = Field(
        60.0, gt=0, le=3600, description="seconds after which a long query waits no more for its turn, such as 60"
    )
    fresh_hours: float = Field(0.0, ge=0, description="hours after which the data are too old for /readyz; 0: never")
    metrics_port: int = Field(0, ge=0, le=65535, description="port of the Prometheus metrics, 1 to 65535; 0: none")
    metrics_host: str = Field("127.0.0.1", pattern=r"^\S+$", description="address of that port")
    threads: int = Field(default_factory=_processors, ge=1, le=1024, description="DuckDB threads, 1 or more")
    keep_editions: int = Field(10, ge=1, description="published editions kept, 1 or more")
    catalog: Path | None = Field(None, description="folder with a district's own metrics (*.yaml), added to ours")
    calendar: Path | None = Field(
        None, description="file of the district's own working days, a CSV of day, workday and note"
    )
    sources: Path | None = Field(None, description="folder of source files that may be pushed to; `sources` at home")
    push_size: Size = Field("50MB", description="bytes of one push, unpacked, such as 50MB")
    push_rows: int = Field(100_000, ge=1, le=10_000_000, description="rows of one push, 1 or more")
    push_rate: int = Field(120, ge=1, le=100_000, description="pushes a minute and token, 1 or more")
    publish_seconds: int = Field(
        60, ge=2, le=86_400, description="seconds until what is pushed is to be seen, 2 or more"
    )
    layouts: Path | None = Field(
        None, description="folder with a district's own topics and cockpits (*.yaml), added to ours"
    )
    workflows: Path | None = Field(
        None, description="folder with a district's own kinds of work item (*.yaml), added to ours"
    )
    alerts: Path | None = Field(
        None, description="folder with a district's own alert rules (*.yaml), added to ours or in place of them"
    )
    schemes: Path | None = Field(
        None, description="folder with a district's own assessment schemes (*.yaml), added to ours or in place of them"
    )
    channels: Path | None = Field(
        None, description="YAML file of the channels that deliver notifications: mail, webhooks, group robots"
    )
    layers: Path | None = Field(
        None, description="folder with a district's own layers of the map (*.yaml), added to ours or in place of them"
    )
    tiles: Path | None = Field(None, description="YAML file of the tile service under the map; empty: no tiles")
    tiles_size: Size = Field("200MB", description="bytes of tiles kept on disk, such as 200MB")
    map_review: str = Field("", max_length=60, description="review number of the district's map, shown on it")
    outbox: Path | None = Field(None, description="YAML file of the systems that answers to their cases are sent to")
    reports: Path | None = Field(
        None, description="folder with a district's own kinds of report (*.yaml), added to ours"
    )
    schedule: Path | None = Field(None, description="YAML file of the reports that are made each week and month")
    smtp: SecretStr = Field(
        SecretStr(""), description="where scheduled reports are mailed by, such as smtp://user:password@host:587"
    )
    mail_from: str = Field("cockpit@localhost", pattern=r"^\S+@\S+$", description="sender of what is mailed")
    fonts: Path | None = Field(None, description="folder with the official fonts that the office is licensed for")
    three_rate_weights: Annotated[tuple[float, float, float], NoDecode] = Field(
        (30, 35, 35), description="weights of response, solved and satisfaction rate: three numbers that sum to 100"
    )
    desk: str = Field(
        "", description="URL of the desk's database, such as postgresql+psycopg://…; empty: SQLite at home"
    )
    audit_key: SecretStr = Field(
        SecretStr(""), description="key of the audit's chain, 16 characters or more; empty: a file at home"
    )
    audit_anchor: Path | None = Field(None, description="file that each head of the audit is added to; not in the home")
    audit_syslog: str = Field(
        "", pattern=r"^$|^\S+:[1-9]\d{0,4}$", description="HOST:PORT of a syslog collector, over TLS; empty: none"
    )
    audit_syslog_authorities: Path | None = Field(None, description="file of authorities of the collector, PEM")
    audit_syslog_certificate: Path | None = Field(
        None, description="file of our certificate and key for the collector, PEM"
    )
    second_factor: Literal["administrators", "all"] = Field(
        "administrators", description="who must sign in with a second factor, administrators or all"
    )
    password_length: int = Field(12, ge=8, le=64, description="characters that a password has at least, 8 to 64")
    password_days: int = Field(
        0, ge=0, le=3650, description="days after which a password must be changed at the next sign-in; 0: never"
    )
    session_idle: int = Field(30, ge=1, le=1440, description="minutes without a click after which a session ends")
    session_longest: int = Field(12, ge=1, le=168, description="hours after which a session ends in any case")
    connections: int = Field(
        1000, ge=50, le=100_000, description="connections that may wait for a request or the rest of it, 50 or more"
    )
    connections_per_address: int = Field(
        200, ge=10, le=100_000, description="such connections of one address, 10 or more; proxies have no limit"
    )
    request_seconds: float = Field(
        10, gt=0, le=300, description="seconds within which the headers of a request arrive, such as 10"
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="host names to answer to, apart with commas; this machine's own names and addresses always"
    )
    proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, by commas"
    )
    oidc_issuer: str = Field(
        "", pattern=ISSUER, description="address of an OpenID Connect provider, such as https://id.example; empty: none"
    )
    oidc_client_id: str = Field(
        "", validate_default=True, description="what the provider knows this cockpit as; an issuer needs it"
    )
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="the secret that the provider gave this cockpit")
    oidc_scopes: str = Field(
        "openid profile email", pattern=r"\bopenid\b", description="scopes to ask for, openid first"
    )
    oidc_claim: str = Field("preferred_username", min_length=1, description="the claim that holds the account's name")
    oidc_roles_claim: str = Field("", description="the claim that lists somebody's groups; empty: none gives a role")
    oidc_roles: Annotated[tuple[GroupRole, ...], NoDecode] = Field(
        (), description='what groups give, as JSON: {"leaders": "leader:990101000000", "audit": "audit_admin"}'
    )
    oidc_name: str = Field("", max_length=40, description="the provider's name on the login page")
    public_items: bool = Field(False, description="serve the list of published items to everybody at /public, 0 or 1")
    probe: bool = Field(False, description="check the registered sites while serving, 0 or 1")
    probe_every: float = Field(
        900, ge=10, le=86_400, description="seconds between two deliveries of what was found while serving"
    )
    probe_extras: Path | None = Field(None, description="file that says of sites what the register does not")
    probe_networks: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="private networks that may be probed, such as 10.8.0.0/16, apart with commas"
    )
    probe_references: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="HOST:PORT, apart with commas, that answer whenever our own network works"
    )
    probe_authorities: Path | None = Field(None, description="file of further certificate authorities to trust, PEM")
    probe_chromium: str = Field(
        "", description="Chromium that looks at pages the prober cannot decide on, and runs axe-core"
    )
    demo: bool = Field(False, description="offer one-click roles on the login page, 0 or 1; never with real data")
    debug: bool = Field(False, description="print the trace of an unexpected error, 0 or 1")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in zone_names():
            raise ValueError("unknown time zone")
        return zone

    @field_validator("three_rate_weights", mode="before")
    @classmethod
    def _split(cls, weights: Any) -> Any:
        return weights.split(",") if isinstance(weights, str) else weights

    @field_validator("probe_networks")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ipaddress.ip_network(network)
        return networks

    @field_validator("probe_references")
    @classmethod
    def _places(cls, references: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [text for text in references if not re.fullmatch(r"\S+:[1-9]\d{0,4}", text)]:
            raise ValueError(f"{wrong[0]} is no HOST:PORT")
        return references

    @field_validator(
        "channels",
        "outbox",
        "tiles",
        "probe_extras",
        "probe_authorities",
        "audit_syslog_authorities",
        "audit_syslog_certificate",
    )
    @classmethod
    def _file_exists(cls, file: Path | None) -> Path | None:
        if file is not None and not file.is_file():
            raise ValueError("no such file")
        return file

    @field_validator("allowed_hosts", "proxies", "probe_networks", "probe_references", mode="before")
    @classmethod
    def _names(cls, hosts: Any) -> Any:
        return [host.strip().lower() for host in hosts.split(",") if host.strip()] if isinstance(hosts, str) else hosts

    @field_validator("oidc_client_id")
    @classmethod
    def _named_to_the_provider(cls, name: str, info: ValidationInfo) -> str:
        if info.data.get("oidc_issuer") and not name:
            raise ValueError("a provider needs it")
        return name

    @field_validator("oidc_roles", mode="before")
    @classmethod
    def _groups(cls, roles: Any) -> Any:
        """`role:code`, or an administrator's role alone."""
        if not isinstance(roles, str):
            return roles
        mapping = TypeAdapter(dict[str, str]).validate_json(roles)
        pairs = {group: text.partition(":") for group, text in mapping.items()}
        if any(role not in ROLES or (role in ADMINISTRATORS) == bool(code) for role, _colon, code in pairs.values()):
            raise ValueError("a role stands before the code of its area; an administrator's has none")
        return [(group, role, int(code) if code else None) for group, (role, _colon, code) in pairs.items()]

    @field_validator("three_rate_weights")
    @classmethod
    def _sum_to_100(cls, weights: tuple[float, float, float]) -> tuple[float, float, float]:
        if min(weights) < 0 or abs(sum(weights) - 100) > 1e-9:
            raise ValueError("weights must sum to 100")
        return weights

    @field_validator("smtp")
    @classmethod
    def _mail_server(cls, address: SecretStr) -> SecretStr:
        if not re.fullmatch(r"|\$\{secret:[^}]+\}|smtps?://[^\s/]+", address.get_secret_value()):
            raise ValueError("no address of a mail server")
        return address

    @field_validator("audit_key")
    @classmethod
    def _long_enough(cls, key: SecretStr) -> SecretStr:
        if key.get_secret_value():
            of_text(key.get_secret_value())
        return key

    @field_validator("catalog", "sources", "layouts", "workflows", "alerts", "schemes", "layers", "reports", "fonts")
    @classmethod
    def _folder_exists(cls, folder: Path | None) -> Path | None:
        if folder is not None and not folder.is_dir():
            raise ValueError("no such folder")
        return folder

    @field_validator("calendar")
    @classmethod
    def _table_exists(cls, file: Path | None) -> Path | None:
        if file is not None and not file.is_file():
            raise ValueError("no such file")
        return file

    def values(self) -> dict[str, Any]:
        """Each setting by name; iterating the object would also give what it computed from them."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    @cached_property
    def root(self) -> Path:
        """The home as an absolute path, since a server changes its folder."""
        return self.home.resolve()

    @property
    def desk_url(self) -> str:
        """Its secrets filled in. Raises DataError for one that is not kept."""
        return self.filled(self.desk) or f"sqlite:///{self.root / 'desk.sqlite'}"

    def filled(self, text: str | SecretStr) -> str:
        """A value with the secrets in it that `${secret:NAME}` names. Raises DataError for one that is not kept."""
        text = text.get_secret_value() if isinstance(text, SecretStr) else text
        return vault.filled(self.data.keys, text, partial(quote, safe="")) if "${secret:" in text else text

    @cached_property
    def custody(self) -> "Custody":
        """The keys and anchors that protect the desk from outside."""
        from data.desk.auditing.custody import Custody
        from data.desk.auditing.syslog import Collector

        host, _colon, port = self.audit_syslog.rpartition(":")
        files = self.audit_syslog_authorities, self.audit_syslog_certificate
        at_home = Custody.of_home(self.root)
        return replace(
            at_home,
            audit_key=self.audit_key.get_secret_value(),
            anchor=self.audit_anchor.resolve() if self.audit_anchor else at_home.anchor,
            collector=Collector(host.strip("[]"), int(port), *files) if host else None,
        )

    @property
    def sources_folder(self) -> Path:
        return self.sources or self.home / "sources"

    @property
    def push_bytes(self) -> int:
        return _bytes(self.push_size)

    @property
    def tile_bytes(self) -> int:
        return _bytes(self.tiles_size)

    @property
    def probing(self) -> "Options":
        """Options of site checks."""
        from data.probe.service import Options

        places = (
            (host.strip("[]"), int(port)) for host, _colon, port in (r.rpartition(":") for r in self.probe_references)
        )
        return Options(
            self.probe_networks, tuple(places), self.probe_extras, self.probe_authorities, self.probe_chromium
        )

    @cached_property
    def data(self) -> Home:
        """The home with the limits for loading and publishing."""
        return Home(self.root, self.zone, self.memory, self.threads, self.calendar)


def load(**changes: Any) -> Settings:
    """The settings of the environment, `changes` in place of variables.

    Raises UsageError, one line that names the variable, its value and what it may be.
    """
    try:
        return Settings(**changes)
    except ValidationError as error:
        raise UsageError("setting.invalid", "{faults}", faults=_explain(error)) from None


@cache
def current() -> Settings:
    """The settings of this process, read once."""
    return load()


def _explain(error: ValidationError) -> str:
    names = dict.fromkeys(str(fault["loc"][0]) for fault in error.errors())
    return "; ".join(_remedy(name, os.environ.get(PREFIX + name.upper())) for name in names)


def _remedy(name: str, value: str | None) -> str:
    expected = Settings.model_fields[name].description
    return f"{PREFIX}{name.upper()}={value!r} is not valid; expected: {expected}; without it the default holds"
