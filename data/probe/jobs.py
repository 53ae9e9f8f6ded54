"""Requests and checks of each kind of task."""

import asyncio
import contextlib
import socket
from dataclasses import dataclass, replace
from datetime import datetime, time
from urllib.parse import quote, urlsplit

from data.probe.checks import axe, contents, rules
from data.probe.checks.page import Page, read
from data.probe.checks.render import Render, Rendered
from data.probe.checks.robots import Robots
from data.probe.checks.rules import Check
from data.probe.clock import Clock
from data.probe.evidence import Evidence
from data.probe.network.failures import DOUBTFUL, INCOMPLETE_CHAIN, OURS, UNDECIDED, Failure
from data.probe.network.net import Net, place
from data.probe.network.own_network import OwnNetwork
from data.probe.register import Register, Thing
from data.probe.state import State
from data.probe.web.answer import Answer, Ask
from data.probe.web.response import Refusal

RETRY_SECONDS = 3.0
MOST_LINKS = 20
FEW_PIECES = 12
"""A home page with fewer texts is navigation: its second-level pages show whether the site is updated."""
WITH_PAGE = (None, Failure.BLOCKED, Failure.CLIENT, Failure.SERVER, Failure.TOO_LARGE)
FROM_HOME = ("links", "search", "messages")
UNREACHED = (Failure.REFUSED, Failure.RESET, Failure.TIMEOUT)
"""Failures of an unserved port, after which browsers try HTTPS in place of HTTP."""
NETWORK, ROBOTS = "our own network", "robots.txt"


class Withheld(Exception):
    """No conclusion is possible: our network is down, or the site blocks the prober."""


class Uncertain(Withheld):
    """A failure that needs a browser to confirm, and none was available."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{rules.UNCERTAIN}: {answer.failure} {answer.detail}")
        self.answer = answer


@dataclass
class Jobs:
    """Performs tasks. render: None without Chromium."""

    net: Net
    register: Register
    evidence: Evidence
    state: State
    clock: Clock
    own: OwnNetwork
    robots: Robots
    render: Render | None = None

    async def do(self, job: str, thing: Thing) -> list[Check]:
        """The checks of a task. Raises Withheld without a result."""
        work = {
            "visit": self._visit, "home": self._home, "column": self._column, "messages": self._messages,
            "function": self._function, "guide": self._guide, "links": self._links, "search": self._search,
        }[job]  # fmt: skip
        try:
            return await work(thing)
        except Uncertain as doubt:
            if job in FROM_HOME:
                raise  # the visits report it
            return self._with_evidence([rules.uncertain(thing, doubt.answer.at)], doubt.answer)

    # --- asking ---------------------------------------------------------------------------------------------------

    async def ask(self, thing: Thing, ask: Ask, *, undecided: bool = False) -> Answer:
        """Request with one retry. Raises Withheld or Uncertain for an inconclusive failure unless `undecided`."""
        target = place(ask.url)
        if not await self.own.is_up():
            raise Withheld(NETWORK)
        if not thing.extra.waive_robots and not await self.robots.allows(ask.url, self._plain, self.clock.now()):
            raise Withheld(ROBOTS)
        answer = await self._two_attempts(thing, ask)
        self.own.note(target, answer.ok or answer.failure not in OURS)
        if answer.failure in OURS and await self.own.is_ours(target[0]):
            raise Withheld(NETWORK)
        if not undecided:
            _require_decided(answer)
        return answer

    async def _two_attempts(self, thing: Thing, ask: Ask) -> Answer:
        """Retry after a failure; a browser checks a failure that may be on our side."""
        first = await self._attempt(ask)
        if first.uncertain:
            first = await self._looked_at(thing, first)
        if first.ok:
            return first
        await self.clock.sleep(max(RETRY_SECONDS, self.robots.delay(ask.url)))
        secure = first.failure in UNREACHED and ask.method == "GET" and place(ask.url)[1] == 80
        second = await self._attempt(replace(ask, url=_with_scheme(ask.url, "https")) if secure else ask)
        if secure and not second.ok:
            return first  # browsers try HTTPS as well, and report the address that was meant
        if second.uncertain and first.failure == second.failure:
            return first if not first.uncertain else second
        return await self._looked_at(thing, second) if second.uncertain else second

    async def _plain(self, url: str) -> Answer:
        return await self.net.ask(Ask(url), self.register.allows, self.clock.now())

    async def _attempt(self, ask: Ask) -> Answer:
        """One attempt without a browser; `uncertain` if a browser could change the result."""
        answer = await self.net.ask(ask, self.register.allows, self.clock.now())
        if ask.method != "GET":
            return answer
        is_empty, has_scripts = False, False
        if answer.is_html and answer.failure in WITH_PAGE:
            page = read(answer)
            is_empty, has_scripts = page.is_empty, page.has_scripts
        if answer.failure is Failure.TOO_LARGE and not is_empty:
            answer = replace(answer, failure=None, detail="")  # what came of it is displayed
        elif answer.ok and is_empty:
            answer = replace(answer, failure=Failure.EMPTY, detail="no text, no picture")
        # A page of scripts alone may be the challenge of a protection, which lets in who runs them.
        challenge = is_empty and has_scripts and not answer.ok
        incomplete = answer.failure is Failure.TLS and answer.detail == INCOMPLETE_CHAIN
        return replace(answer, uncertain=answer.failure in DOUBTFUL or challenge or incomplete)

    async def _looked_at(self, thing: Thing, answer: Answer) -> Answer:
        """An uncertain answer checked in a browser: open, failed, or still uncertain."""
        shown = await self._shown(thing, answer) if answer.failure is not Failure.TLS else None
        if shown is None:
            return answer
        if not shown.is_open:
            return replace(answer, picture=shown.picture, uncertain=False)
        return replace(
            answer, body=shown.html, picture=shown.picture, headers=(("content-type", "text/html; charset=utf-8"),),
            failure=None, detail="", uncertain=False,
        )  # fmt: skip

    async def _shown(self, thing: Thing, answer: Answer, *, audit: bool = False) -> Rendered | None:
        """The page rendered by the browser, which may reach the hosts of the redirects and of the register file.

        None without a browser or a result.
        """
        if not self.render:
            return None
        hosts = dict.fromkeys((*thing.extra.hosts, *(place(url)[0] for url in (answer.url, *answer.redirects))))
        addresses = {place(answer.final)[0]: answer.address} if answer.address else {}
        for host in hosts:
            if host and host not in addresses:
                with contextlib.suppress(Refusal, TimeoutError):
                    async with asyncio.timeout(self.net.limits.seconds):
                        addresses[host] = (await self.net.backend.resolve(host, 443))[0]
        return await self.render(answer.url, addresses, audit)

    def _with_evidence(self, checks: list[Check], answer: Answer, faults: object = None) -> list[Check]:
        """Store evidence and add failure class, detail and evidence id to the failed checks."""
        if all(check.passed for check in checks):
            return checks
        reason = " ".join(filter(None, (str(answer.failure or ""), answer.detail)))
        evidence_id = self.evidence.keep(answer, faults)
        return [
            check
            if check.passed
            else replace(check, evidence=" · ".join(filter(None, (check.evidence, reason, evidence_id))))
            for check in checks
        ]

    # --- a site ---------------------------------------------------------------------------------------------------

    async def _visit(self, site: Thing) -> list[Check]:
        answer = await self.ask(site, Ask(site.url), undecided=True)
        if answer.failure in UNDECIDED:
            return self._with_evidence([rules.measured(site, answer.at)], answer)
        _require_decided(answer)
        return self._with_evidence([rules.site_open(site, answer)], answer)

    async def _home(self, site: Thing) -> list[Check]:
        """Daily checks of the home page."""
        answer = await self.ask(site, Ask(site.url), undecided=True)
        if answer.failure in UNDECIDED:
            _require_decided(answer)
        checks = [*await self._certificate(site, answer), *await self._secure(site, answer), await self._ipv6(site)]
        if not answer.ok:
            return checks  # the visits report that it does not open
        page, at = read(answer), answer.at
        page_checks = [
            rules.home_updated(site, at, self._changed(site, page, at)),
            rules.required_links(site, at, page),
            rules.page_title(site, at, page),
            rules.elder_mode(site, at, page),
            rules.accessibility(site, at, page),
        ]
        return [*checks, *self._with_evidence(page_checks, answer), *await self._audit(site, answer)]

    async def _audit(self, site: Thing, answer: Answer) -> list[Check]:
        """Findings of axe-core; empty without browser, axe-core or result."""
        if not self.render or not axe.script():
            return []
        rendered = await self._shown(site, answer, audit=True)
        if rendered is None or rendered.faults is None:
            return []
        checks = [rules.axe_faults(site, answer.at, rendered.faults)]
        records = [fault.record() for fault in rendered.faults]
        return self._with_evidence(checks, replace(answer, picture=rendered.picture), faults=records)

    def _changed(self, site: Thing, page: Page, at: datetime) -> datetime:
        pieces = page.pieces(site.extra.content)
        printed = contents.newest_on(page, at.date())
        changed = self.state.note_home(site.id, pieces, at, datetime.combine(printed, time()) if printed else None)
        if len(pieces) < FEW_PIECES and (below := self.state.value(f"newest:{site.id}")):
            changed = max(changed, min(datetime.fromisoformat(str(below)), at))
        return changed

    async def _certificate(self, site: Thing, answer: Answer) -> list[Check]:
        if urlsplit(answer.final).scheme != "https" and answer.failure is not Failure.TLS:
            if place(site.url)[1] not in (80, 443):
                return []  # a port of its own speaks one language
            answer = await self._plain(_with_scheme(site.url, "https"))
        return self._with_evidence(
            [rules.certificate(site, answer.at, answer.certificate_ends, self.clock.utc())], answer
        )

    async def _secure(self, site: Thing, answer: Answer) -> list[Check]:
        """Whether HTTP redirects to HTTPS."""
        if place(site.url)[1] in (80, 443):
            answer = await self._plain(_with_scheme(site.url, "http"))
        secure = answer.ok and urlsplit(answer.final).scheme == "https"
        return self._with_evidence([rules.https(site, answer.at, secure)], answer)

    async def _ipv6(self, site: Thing) -> Check:
        addresses: list[str] = []
        with contextlib.suppress(Refusal, TimeoutError):
            async with asyncio.timeout(self.net.limits.seconds):
                addresses = await self.net.backend.resolve(*place(site.url), socket.AF_INET6)
        return rules.ipv6(site, self.clock.now(), addresses)

    async def _links(self, site: Thing) -> list[Check]:
        """Dead links of the home page, to registered hosts only, checked one at a time."""
        answer = await self.ask(site, Ask(site.url))
        if not answer.ok:
            raise Withheld("the home page does not open")
        own = dict.fromkeys(url.split("#")[0] for _text, url in read(answer).links if self.register.allows(*place(url)))
        dead: list[str] = []
        for url in [url for url in own if url != site.url][:MOST_LINKS]:
            await self.clock.sleep(max(self.register.delay, self.robots.delay(url)))
            with contextlib.suppress(Withheld):
                linked = await self.ask(site, Ask(url))
                if not linked.ok:
                    dead, answer = [*dead, url], linked
        return self._with_evidence([rules.links_dead(site, self.clock.now(), dead)], answer)

    async def _search(self, site: Thing) -> list[Check]:
        wanted = site.extra.search
        assert wanted is not None
        answer = await self.ask(site, Ask(wanted.url.replace("{word}", quote(wanted.word))))
        text = " ".join(read(answer).texts) if answer.ok else ""
        matches = (wanted.expect or wanted.word) in text and not contents.NONE_YET.search(text)
        return self._with_evidence([rules.search_works(site, answer, matches)], answer)

    async def _messages(self, site: Thing) -> list[Check]:
        answer = await self.ask(site, Ask(site.extra.messages))
        if not answer.ok:
            raise Withheld("the messages do not open")
        waiting = contents.unanswered(read(answer), answer.at.date())
        return self._with_evidence([rules.messages_unanswered(site, answer.at, waiting)], answer)

    # --- its parts ------------------------------------------------------------------------------------------------

    async def _column(self, column: Thing) -> list[Check]:
        answer = await self.ask(column, Ask(column.url))
        checks = [rules.column_open(column, answer)]
        if answer.ok:
            at, extra = answer.at, column.extra
            items_list = contents.listed(read(answer), at.date(), items=extra.items, when=extra.date)
            checks.append(rules.column_items(column, at, items_list.items))
            if items_list.newest:
                checks.append(rules.column_updated(column, at, items_list.newest))
                self._note_newest(column, items_list.newest.isoformat())
        return self._with_evidence(checks, answer)

    def _note_newest(self, column: Thing, day: str) -> None:
        """Record the newest item of a site's columns, for home pages that are navigation only."""
        name = f"newest:{column.source}/{column.parent}"
        if day > str(self.state.value(name) or ""):
            self.state.store(name, day)

    async def _guide(self, item: Thing) -> list[Check]:
        answer = await self.ask(item, Ask(item.url))
        bits = contents.elements(read(answer)) if answer.ok else 0
        return self._with_evidence([rules.guide_elements(item, answer.at, bits)], answer)

    async def _function(self, thing: Thing) -> list[Check]:
        described = thing.extra.request
        if described is None:
            answer, problem = await self.ask(thing, Ask(thing.url)), ""
            return self._with_evidence([rules.function_answers(thing, answer)], answer)
        ask = Ask(described.url or thing.url, described.method, described.headers, described.body.encode())
        answer, problem = await self.ask(thing, ask, undecided=True), ""
        if answer.status == described.status and answer.failure in (Failure.CLIENT, Failure.SERVER, Failure.BLOCKED):
            answer = replace(answer, failure=None, detail="", uncertain=False)  # the very answer that is described
        _require_decided(answer)
        if answer.ok and answer.status != described.status:
            problem = f"another status: HTTP {answer.status} ≠ {described.status}"
        elif answer.ok and described.expect and described.expect not in read(answer).text:
            problem = f"text missing: “{described.expect}”"
        return self._with_evidence([rules.function_answers(thing, answer, problem)], answer)


def _require_decided(answer: Answer) -> None:
    """Raises Withheld or Uncertain for an inconclusive answer."""
    if answer.failure in UNDECIDED:
        raise Withheld(f"{answer.failure}: {answer.detail}")
    if answer.uncertain:
        raise Uncertain(answer)


def _with_scheme(url: str, scheme: str) -> str:
    """The URL with another scheme; a non-standard port stays."""
    parts = urlsplit(url)
    host = parts.netloc if parts.port not in (80, 443) else parts.hostname or ""
    return parts._replace(scheme=scheme, netloc=host).geturl()
