"""Who is called: every form of address, against tables that know nothing of the parser."""

import gc
import random
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import AgentBase, DefinitionError, sip

FORMS: dict[str, str | None] = {
    # facts of the wire, section 2
    "+12025550100": "+12025550100",
    "sip:1234567890@example-space.dapp.signalwire.com": "1234567890",
    "sip:anything@example-space.sip.signalwire.com": "anything",
    "sip:alex@0c0ffee0.call.signalwire.com;context=private": "alex",
    "sip:guest-2b6c@0c0ffee0.call.signalwire.com;context=guest": "guest-2b6c",
    "1234567890@example-space.dapp.signalwire.com": "1234567890",
    "/public/name": "name",
    "/private/name": "name",
    "/public/Front-Desk?channel=audio&x=a@b": "front-desk",
    "/public/name/": "name",
    "/public/two%20words": "two words",
    # what the vendor's SDK reads
    "sip:bob@d": "bob",
    "sip:bob": "bob",
    "sip:@d": None,
    "tel:+1555": "+1555",
    # what it misreads
    "SIP:bob@d": "bob",
    "Sip:BOB@D": "bob",
    "sips:bob@d": "bob",
    "<sip:bob@d>": "bob",
    "bob@d": "bob",
    "sip:bob;x=1@d": "bob",
    "sip:bob:pw@d": "bob",
    "sip:b%6Fb@d": "bob",
    "sip:%42ob@d": "bob",
    # RFC 3261, 19.1.3
    "sip:alice@atlanta.com": "alice",
    "sip:alice:secretword@atlanta.com;transport=tcp": "alice",
    "sips:alice@atlanta.com?subject=project%20x&priority=urgent": "alice",
    "sip:+1-212-555-1212:1234@gateway.com;user=phone": "+12125551212",
    "sips:1212@gateway.com": "1212",
    "sip:alice@192.0.2.4": "alice",
    "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com": "atlanta.com",
    "sip:alice;day=tuesday@atlanta.com": "alice",
    # RFC 3261, 19.1.4 and 20
    "sip:%61lice@atlanta.com;transport=TCP": "alice",
    "sip:carol@chicago.com;newparam=5": "carol",
    "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com": "biloxi.com",
    '"Mr. Watson" <sip:watson@worcester.bell-telephone.com>;q=0.7; expires=3600': "watson",
    '"Mr. Watson" <mailto:watson@bell-telephone.com> ;q=0.1': None,
    '"A. G. Bell" <sip:agb@bell-telephone.com> ;tag=a48s': "agb",
    "sip:+12125551212@server.phone2net.com;tag=887s": "+12125551212",
    "Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8": "c8oqz84zk7z",
    "The Operator <sip:operator@cs.columbia.edu>;tag=287447": "operator",
    # RFC 4475, the torture tests: 3.1.1, what is allowed
    "sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n": "vivekg",
    '"J Rosenberg \\\\\\""       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8': "jdrosen",
    "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wd_too.(doesn't-it)"
    "@example.com": "1_unusual.uri~(to-be!sure)&isn't+it$/crazy?,/",
    "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com": (
        "1_unusual.uri~(to-be!sure)&isn't+it$/crazy?,/"
    ),
    "sip:sips%3Auser%40example.com@example.net": "sips:user@example.com",
    "sip:%75se%72@example.com": "user",
    "<sip:I%20have%20spaces@example.net>;tag=938": "i have spaces",
    "sip:null-%00-null@example.com": None,
    "<sip:%00@host5.example.com>": None,
    '"%Z%45" <sip:resource@example.com>;tag=f232jadfj23': "resource",
    "caller<sip:caller@example.com>;tag=323": "caller",
    f'"I have a user name of {"extreme" * 99} proportion" <sip:user@example.com:6000;x>': "user",
    f"sip:{'amazinglylongcallername' * 9}@example.net": "amazinglylongcallername" * 9,
    "sip:user;par=u%40example.net@example.com": "user",
    "sip:user@example.com?Route=%3Csip:example.com%3E": "user",
    "<sip:user@example.com;maddr=192.0.2.1;ttl=16>": "user",
    # 3.1.2, what is not
    '"Mr. J. User <sip:j.user@example.com>': None,
    "<sip:user@example.com": None,
    "sip:user@example.com; lr": "user",
    "< sip:user@example.com >": "user",
    "Bell, Alexander <sip:a.g.bell@example.com>;tag=43": "a.g.bell",
    '"quoted" sip:user@example.com': None,
    "": None,
    "<>": None,
    "sip:": None,
    "sips:": None,
    "tel:": None,
    "@": None,
    "/": None,
    # 3.3, other schemes
    "nobodyKnowsThisScheme:totallyopaquecontent": None,
    "soap.beep://192.0.2.103:3002": None,
    "name:John_Smith": None,
    "isbn:2983792873": None,
    "urn:service:sos": None,
    "http://user@example.com/": None,
    "h323:user@example.com": None,
    "mailto:bob@example.com": None,
    "xmpp:bob@example.com": None,
    # RFC 3966
    "tel:+1-201-555-0123": "+12015550123",
    "tel:+1(201)555.0123;ext=7;isub=1": "+12015550123",
    "tel:7042;phone-context=example.com": "7042",
    "tel:863-1234;phone-context=+1-914-555": "8631234",
    "TEL:+12015550123": "+12015550123",
    '"Desk" <tel:+12015550123>': "+12015550123",
    "sip:+12015550123;phone-context=x@gw.example.com;user=phone": "+12015550123",
    "sip:*98@pbx.example.com": "*98",
    "sip:%2398@pbx.example.com": "#98",
    # ports, IPv6, hosts
    "sip:bob@d:5060": "bob",
    "sip:bob:5060": "bob",
    "bob@d:5060": "bob",
    "bob:pw@d": "bob",
    "sip:bob@[2001:db8::10]:5070;lr": "bob",
    "sip:[2001:db8::10]:5070": None,
    "sip:192.0.2.1": "192.0.2.1",
    # seen in the wild, or sent to see what happens
    " sip:bob@d\r\n": "bob",
    "sip: bob@d": "bob",
    "sip :bob@d": "bob",
    "sip://bob@d": "bob",
    "+1 (202) 555-0100": "+12025550100",
    '"<sip:evil@d>" <sip:bob@d>': "bob",
    '"evil@d" <sip:bob@d>': "bob",
    "evil@d <sip:bob@d>": "bob",
    "<sip:bob@d>, <sip:evil@d>": "bob",
    "sip:bob@d@evil": "bob",
    "sip:bob@d;evil@x": "bob",
    "sip:bob%40evil@d": "bob@evil",
    "sip:bob%2540@d": "bob%40",
    "sip:b%zzob@d": "b%zzob",
    "sip:bob%@d": "bob%",
    "sip:%ff@d": None,
    "sip:%c3%28@d": None,
    "sip:%C3%9Cnicode@d": "ünicode",
    "sip:Ünicode@d": "ünicode",
    "sip:STRASSE@d": "strasse",
    "sip:stra%C3%9Fe@d": "strasse",
    "sip:bob%0d%0aX:1@d": None,
    "sip:bo\0b@d": None,
    "sip:bob%E2%80%AEgpj@d": None,
    "sip:\ud800@d": None,
    "sip:${caller}@d": "${caller}",
    "../../etc/passwd": "../../etc/passwd",
    "/public/../x": "x",
}


@pytest.mark.parametrize("address", FORMS)
def test_an_address_names_a_user(address: str) -> None:
    assert sip.username(address) == FORMS[address]


USER_LETTERS = "abcxyzABCXYZ0123456789-_.!~*'()&=+$,/äß"
DISPLAYS = ["", "Bob ", '"Bob" ', '"\\"<sip:evil@x>\\\\" ', "Bell, A. @ Home ", '"a;b:c@d" ']
PASSWORDS = ["", ":", ":pw", ":a&b=c+d$e,f", ":%40%3a"]
USER_PARAMETERS = ["", ";isub=1", ";;", ";day=tuesday;x"]
HOSTS = ["d", "d.example.com", "192.0.2.1", "[2001:db8::1]", "d:5060", "[::1]:5061", "D.", "x@y"]
PARAMETERS = ["", ";lr", ";transport=tcp;x=a", ";context=private", " ; tag = 1", ";a=%40"]
HEADERS = ["", "?subject=a%20b&to=sip:evil", "?x"]
SCHEMES = ["sip:", "SIP:", "sips:", "Sips:", "sip: ", "sip://", ""]


def escaped(chance: random.Random, letter: str) -> str:
    """A letter as it may stand in a URI."""
    encoded = "".join(f"%{byte:02{chance.choice('xX')}}" for byte in letter.encode())
    return encoded if not letter.isascii() or chance.random() < 0.2 else letter


def invented(seed: int) -> tuple[str, str]:
    """An address made of parts, and the user that was put into it."""
    chance = random.Random(seed)
    user = chance.choice("abcXYZ019_") + "".join(
        chance.choices(USER_LETTERS, k=chance.randint(0, 20))
    )
    scheme, display = chance.choice(SCHEMES), chance.choice(DISPLAYS)
    written = "".join(escaped(chance, letter) for letter in user)
    userinfo = written + chance.choice(USER_PARAMETERS) + chance.choice(PASSWORDS)
    host, more = chance.choice(HOSTS), chance.choice(PARAMETERS) + chance.choice(HEADERS)
    uri = f"{scheme}{userinfo}@{host}{more}"
    if display or chance.random() < 0.3:
        uri = f"{display}<{uri}>{chance.choice(['', ';tag=1', ' ; x=<y>'])}"
    padding = chance.choice(["", " ", "\t", "\r\n "])
    return f"{padding}{uri}{padding}", user.casefold()


def test_5000_invented_addresses_name_the_user_that_was_put_into_them() -> None:
    table = dict(map(invented, range(5_200)))
    assert len(table) >= 5_000
    wrong = {address: user for address, user in table.items() if sip.username(address) != user}
    assert {address: (sip.username(address), user) for address, user in wrong.items()} == {}


@given(st.text() | st.text(alphabet='sip:tel@<>";?%/\\[]+ -.aB\0\r\n4'))
def test_any_text_is_read_without_an_error_and_its_user_stays_the_same(text: str) -> None:
    found = sip.username(text)
    assert found is None or (found.casefold() == found and found.isprintable() and found)
    if found is not None and ";" not in quote(found, safe=";"):
        assert sip.username(f"sip:{quote(found, safe='')}@d") == found.translate(
            str.maketrans("", "", "-.() ") if found.startswith("+") else {}
        )


HOSTILE: dict[str, Callable[[int], str]] = {
    "quotes": lambda n: '"' * n,
    "escaped quotes": lambda n: '"' + '\\"' * n,
    "brackets": lambda n: "<" * n,
    "closing brackets": lambda n: "<" + ">" * n,
    "ats": lambda n: "sip:" + "@" * n,
    "semicolons": lambda n: "sip:a" + ";" * n + "@d",
    "colons": lambda n: ":" * n,
    "percent signs": lambda n: "sip:" + "%" * n + "@d",
    "escapes": lambda n: "sip:" + "%41" * n + "@d",
    "broken escapes": lambda n: "sip:" + "%4" * n + "@d",
    "spaces": lambda n: " " * n + "sip:a@d" + " " * n,
    "slashes": lambda n: "/" * n,
    "a long user": lambda n: f"sip:{'a' * n}@d",
    "a long display name": lambda n: f'"{"a" * n}" <sip:a@d>',
    "separators": lambda n: "tel:+" + "-" * n,
    "sharp s": lambda n: f"sip:{'ß' * n}@d",
}


def steps(work: Callable[[], object]) -> int:
    """How many instructions of Python code run; they do not depend on the machine."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:  # pragma: no cover - unseen
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    gc.disable()  # it would run what others do when theirs is collected
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
        gc.enable()
    return count


@pytest.mark.parametrize("shape", HOSTILE.values(), ids=HOSTILE)
def test_twice_as_long_an_address_is_at_most_two_and_a_half_times_the_work(
    shape: Callable[[int], str],
) -> None:
    once, twice = (steps(partial(sip.username, shape(n))) for n in (2_000, 4_000))
    assert once < twice * 1.01
    assert twice <= 2.5 * once


BODIES: dict[str, tuple[Any, str | None]] = {
    "as the platform sends it": ({"call": {"to": "sip:Bob@d"}}, "bob"),
    "wrapped in params": ({"params": {"call": {"to": "sip:bob@d"}}}, "bob"),
    "at the top": ({"to": "sip:bob@d"}, "bob"),
    "at the top of params": ({"params": {"to": "bob"}}, "bob"),
    "in an object": ({"call": {"to": {"uri": "sip:bob@d", "name": "x"}}}, "bob"),
    "in an object of another kind": ({"call": {"to": {"number": "+1-202"}}}, "+1202"),
    "in a list": ({"call": {"to": ["<sip:bob@d>", "sip:evil@d"]}}, "bob"),
    "in a list of objects": ({"to": [{"address": "/public/bob"}]}, "bob"),
    "only as SIP data": (
        {"call": {"sip_data": {"sip_req_user": "bob", "sip_to_user": "evil"}}},
        "bob",
    ),
    "only as SIP data of To": ({"call": {"sip_data": {"sip_to_user": "bob"}}}, "bob"),
    "call.to counts first": (
        {"call": {"to": "sip:bob@d", "sip_data": {"sip_req_user": "x"}}, "to": "sip:y@d"},
        "bob",
    ),
    "an empty call.to": ({"call": {"to": ""}, "to": "sip:bob@d"}, "bob"),
    "an unreadable call.to": ({"call": {"to": "sip:%00@d"}, "to": "sip:bob@d"}, "bob"),
    "only a called number": ({"call": {"to_number": "+1 202"}, "to": "sip:y@d"}, "+1202"),
    "no address": ({"call": {"call_id": "c-1"}}, None),
    "null": ({"call": {"to": None}}, None),
    "a number": ({"call": {"to": 12025550100}}, None),
    "a truth": ({"call": {"to": True}}, None),
    "an empty list": ({"call": {"to": []}}, None),
    "a list in a list": ({"call": {"to": [["sip:bob@d"]]}}, None),
    "an object without an address": ({"call": {"to": {"name": "bob"}}}, None),
    "an object with an object": ({"call": {"to": {"uri": {"uri": "sip:bob@d"}}}}, None),
    "call is null": ({"call": None}, None),
    "call is text": ({"call": "sip:bob@d"}, None),
    "call is a list": ({"call": [{"to": "sip:bob@d"}]}, None),
    "sip_data is text": ({"call": {"sip_data": "bob"}}, None),
    "params is text": ({"params": "x"}, None),
    "empty": ({}, None),
    "nothing": (None, None),
    "a list": ([], None),
    "text": ("sip:bob@d", None),
}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES)
def test_the_user_is_found_in_a_body(body: Any, expected: str | None) -> None:
    assert sip.username_in(body) == expected
    assert AgentBase.extract_sip_username(body) == expected


NAMES: dict[tuple[str, str], tuple[str, ...]] = {
    ("Support Agent", "/support"): ("supportagent", "support", "spprtgnt"),
    ("Joe", "/joe"): ("joe",),
    ("bot1", "/x/y-z"): ("bot1", "xyz", "bt1"),
    ("Sales_Team-2", "/sales"): ("sales_team2", "sales", "sls_tm2"),
    ("Ünïcode Agent", "/"): ("ncodeagent", "ncdgnt"),
    ("a.b+c", "/A/B"): ("abc", "ab"),
    ("Ouie", "/"): ("ouie",),
    ("日本", "/"): (),
    ("Grr", "/grr/"): ("grr",),
    ("grrr", ""): ("grrr",),
    ("x" * 80, "/a"): ("x" * 64, "a"),
}


@pytest.mark.parametrize(("of", "expected"), NAMES.items(), ids=map(str, NAMES))
def test_the_names_of_an_agent(of: tuple[str, str], expected: tuple[str, ...]) -> None:
    assert sip.usernames_of(*of) == expected
    assert all(sip.checked_username(name) == name for name in expected)


GOOD = {
    "Support_Agent": "support_agent",
    " help-desk ": "help-desk",
    "+1 (202) 555-0100": "+12025550100",
    "*98": "*98",
    "Ünicode": "ünicode",
    "alex.rivera": "alex.rivera",
    "x" * 64: "x" * 64,
}


@pytest.mark.parametrize(("name", "expected"), GOOD.items())
def test_a_username_is_registered_as_calls_will_name_it(name: str, expected: str) -> None:
    assert sip.checked_username(name) == expected
    assert sip.username(f"sip:{quote(name.strip(), safe='')}@d") == expected


BAD: list[Any] = [
    "", " ", "a b", "a@d", "sip:a", "sip:a@d", "<a>", '"a"', "a;b", "a\\b", "a\0", "/public/a",
    "a\nb", "%00", "x" * 65, "\ud800", None, 7, b"a", ["a"],
]  # fmt: skip


@pytest.mark.parametrize("name", BAD, ids=repr)
def test_what_no_address_could_name_is_no_username(name: Any) -> None:
    with pytest.raises(DefinitionError, match="is no SIP username"):
        sip.checked_username(name)
