"""The channels that deliver notifications outside the cockpit: a YAML file, COCKPIT_CHANNELS.

```yaml
address: https://cockpit.example.gov.cn      # where people open the cockpit, for links
networks: [10.8.0.0/16]                      # special-purpose networks that may be connected to
channels:
  - {id: mail, kind: mail, name: {zh: 邮件, en: Mail}, domains: [example.gov.cn]}
  - {id: town, kind: wecom, name: {zh: 北塘街道群, en: Beitang}, area: 990101001000,
     url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=${secret:wecom_beitang}"}
```
"""

import ipaddress
import logging
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from cockpit.errors import UsageError
from cockpit.settings import Settings
from data import vault, yamls
from data.areas.levels import end_of
from data.desk.notifications.store import Kind
from data.errors import DataError
from data.probe.network.addresses import Allowance
from data.system_errors import line_of
from data.texts import Model, Text

log = logging.getLogger(__name__)

How = Literal["mail", "webhook", "wecom", "dingtalk", "feishu"]
ROBOTS: tuple[How, ...] = ("wecom", "dingtalk", "feishu")
SIGNED: tuple[How, ...] = ("webhook", "dingtalk", "feishu")
MOST_FAULTS = 8


class Endpoint(Model):
    """A place that messages are posted to. secret: signs them; a reference to a kept secret, `${secret:NAME}`."""

    url: str = Field(pattern=r"^https?://[^\s/?#@]+([/?][^\s#]*)?$", max_length=1000)
    secret: str = ""

    @field_validator("secret")
    @classmethod
    def _kept(cls, secret: str) -> str:
        if secret and not vault.REFERENCE.fullmatch(secret):
            raise ValueError("keep it with `python -m cockpit secret set NAME` and write ${secret:NAME}")
        return secret


class Channel(Model):
    """One channel. A mail channel sends to accounts; the others are read by a group or a system.

    area, kinds: of the notifications that such a group gets. domains: of the mail addresses that accounts may give.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    kind: How
    name: Text
    endpoint: Endpoint | None = None
    area: Annotated[int, Field(ge=0, lt=10**12)] | None = None
    kinds: tuple[Kind, ...] = ("alert",)
    domains: tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, raw: Any) -> Any:
        """A file gives url and secret at the same level as the other fields."""
        if not isinstance(raw, dict) or "url" not in raw:
            return raw
        return {name: value for name, value in raw.items() if name not in ("url", "secret")} | {
            "endpoint": {"url": raw["url"], "secret": raw.get("secret", "")}
        }

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "mail":
            if self.endpoint or not self.domains:
                raise ValueError("a mail channel has domains and no url: its server is COCKPIT_SMTP")
            return self
        if self.endpoint is None or self.domains:
            raise ValueError(f"a channel of kind {self.kind} has a url and no domains")
        if self.kind in SIGNED and not self.endpoint.secret:
            raise ValueError("secret: is missing: messages of this kind are signed")
        if self.kind == "wecom" and self.endpoint.secret:
            raise ValueError("secret: not used: this robot is known by the key in its url")
        if self.kind in ROBOTS and not vault.REFERENCE.search(self.endpoint.url):
            raise ValueError("url: whoever knows it can post: keep its key as ${secret:NAME}")
        return self

    def covers(self, area: int) -> bool:
        """Whether the group gets notifications of an area."""
        return self.kind != "mail" and (self.area is None or self.area <= area < end_of(self.area))


class Reachable(Model):
    """Network settings of a file of endpoints. authorities: PEM file of further certificate authorities."""

    networks: tuple[str, ...] = ()
    authorities: Path | None = None

    @field_validator("networks")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ipaddress.ip_network(network)
        return networks

    @field_validator("authorities")
    @classmethod
    def _file(cls, file: Path | None) -> Path | None:
        if file is not None and not file.is_file():
            raise ValueError("no such file")
        return file

    @property
    def allowance(self) -> Allowance:
        return Allowance.of(self.networks)


class Channels(Reachable):
    """All channels. address: of the cockpit, for the links in messages."""

    address: str = Field("", pattern=r"^$|^https?://[^\s?#]+$")
    channels: tuple[Channel, ...] = ()

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        ids = [channel.id for channel in self.channels]
        if twice := next((id for id in ids if ids.count(id) > 1), None):
            raise ValueError(f"channels: {twice} is the id of two")
        if sum(channel.kind == "mail" for channel in self.channels) > 1:
            raise ValueError("channels: one of kind mail is enough")
        if self.mail and not self.address:
            raise ValueError("address: is missing: mails link to where one unsubscribes")
        return self

    @property
    def mail(self) -> Channel | None:
        return next((channel for channel in self.channels if channel.kind == "mail"), None)

    def link(self, path: str) -> str:
        """The absolute address of one of our pages; empty without `address`."""
        return self.address.rstrip("/") + path if self.address and path else ""


NONE = Channels(address="")


def of(config: Settings) -> Channels:
    """The channels of these settings. UsageError that lists the faults with file and path."""
    return cached(config.channels, config.channels.stat().st_mtime_ns, Channels) if config.channels else NONE


def usable(config: Settings) -> Channels:
    """As `of`; none where the file is gone or wrong, which is logged: what the desk stores does not depend on it."""
    try:
        return of(config)
    except (UsageError, OSError) as error:
        log.warning("notifications stay in the cockpit: %s", error)
        return NONE


def has_mail_server(config: Settings) -> bool:
    return bool(config.smtp.get_secret_value())


def check(config: Settings) -> None:
    """Raise UsageError for a wrong file, a mail channel without a server, or a secret that is not kept."""
    channels = of(config)
    if channels.mail and not has_mail_server(config):
        raise UsageError("channels.no_smtp", "COCKPIT_CHANNELS has a mail channel, and COCKPIT_SMTP names no server")
    for channel in channels.channels:
        if channel.endpoint:
            check_secrets(config, channel.endpoint, f"channels.{channel.id}")


def check_secrets(config: Settings, endpoint: Endpoint, where: str) -> None:
    """Raise UsageError for an address or secret that names a secret that is not kept."""
    try:
        filled = vault.filled(config.data.keys, endpoint.url)
        vault.filled(config.data.keys, endpoint.secret)
    except DataError as error:
        raise UsageError("channels.secret", "{where}: {why}", where=where, why=error.message) from error
    if not urlsplit(filled).hostname:
        raise UsageError("channels.url", "{where}: its url names no host", where=where)


@lru_cache(maxsize=8)
def cached(file: Path, changed: int, model: type[Any]) -> Any:
    """A file by its model. changed: its time of change, so that a new one is read."""
    return read(file, model)


def read(file: Path, model: type[Any]) -> Any:
    """A YAML file by its model. UsageError that lists its faults."""
    try:
        raw = yamls.parsed(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(
            "channels.not_yaml", "{file}: cannot be read as YAML: {why}", file=file.name, why=line_of(error)
        ) from error
    try:
        return model.model_validate(raw or {})
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, f['loc']))}: {f['msg'].removeprefix('Value error, ')}" for f in error.errors())
        listed = "; ".join(fault.removeprefix(": ") for _n, fault in zip(range(MOST_FAULTS), faults, strict=False))
        raise UsageError("channels.invalid", "{file}: {faults}", file=file.name, faults=listed) from None
