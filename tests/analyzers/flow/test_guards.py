"""Guards that are believed, each beside one that looks like it and proves nothing."""

from textwrap import dedent, indent

import pytest

from tests.analyzers.flow.asking import traces

HELPERS = """
NAME = re.compile(r"^[a-z_]+$")
OPEN = re.compile(r"^[a-z_]+")
LINES = re.compile(r"^[a-z_]+$", re.MULTILINE)
ROOT = Path("/srv")
def listed(n):
    if n not in ("a", "b"):
        return False
    return True
def one_of_two_ways(n):
    if n == "a":
        return True
    if n in ALLOWED:
        return True
    return False
def loose(n):
    if n not in ALLOWED:
        return len(n) > 3
    return True
def full(n):
    return bool(re.fullmatch(r"[a-z]+", n))
def matches(n):
    return re.fullmatch(r"[a-z]+", n) is not None
def number(n):
    try:
        int(n)
        return True
    except ValueError:
        return False
def number_or_not(n):
    try:
        int(n)
    except ValueError:
        pass
    return True
def bad(n):
    return n not in ALLOWED
def bad_in_words(n):
    if n in ALLOWED:
        return False
    return True
def bad_or_nothing(n):
    if n not in ALLOWED:
        return "not one of them"
def short(n):
    if len(n) > 3:
        return True
    return False
def cut(n):
    n = n[:1]
    return n in ALLOWED
def trimmed(n):
    n = n.strip()
    return n in ALLOWED
def turns(n):
    if n not in ALLOWED:
        return
    yield n
def each(ns):
    for n in ns:
        if n not in ALLOWED:
            return False
    return True
"""

PROVEN = {
    "letters, digits and dashes": (
        "shell",
        "if not name.replace('-', '').replace('_', '').isalnum(): abort(400)\nos.system(name)",
    ),
    "the end of a host, with its dot": (
        "url",
        "host = urlparse(name).hostname or ''\nif not host.endswith('.a.example'): abort(400)\nrequests.get(name)",
    ),
    "a host among several, or below one": (
        "url",
        "h = urlparse(name).hostname\nif any(h == x or h.endswith('.' + x) for x in ALLOWED): requests.get(name)",
    ),
    "no slash in a name": ("path", "if '/' in name: abort(400)\nopen(os.path.join('/srv', name))"),
    "no separator of the system in a name": ("path", "if os.sep not in name: open('/srv/' + name)"),
    "letters and some more characters": (
        "shell",
        "if not all(c.isalnum() or c in '-_' for c in name): abort(400)\nos.system(name)",
    ),
    "no other than letters and some more": (
        "shell",
        "if any(not (c.isalnum() or c in '-_') for c in name): abort(400)\nos.system(name)",
    ),
    "a day that was read": (
        "path",
        "from datetime import date\ntry:\n    date.fromisoformat(name)\nexcept ValueError:\n    abort()\nopen(name)",
    ),
    "a compiled pattern of the module": ("shell", "if not NAME.match(name): abort(400)\nos.system(name)"),
    "a full match of a compiled pattern": ("shell", "if OPEN.fullmatch(name): os.system(name)"),
    "a pattern compiled in the function": ("shell", "p = re.compile('^a$')\nif p.match(name): os.system(name)"),
    "a pattern compiled on the spot": ("shell", "if re.compile('^a$').match(name): os.system(name)"),
    "a search from the beginning to the end": ("shell", "if re.search(r'^[a-z]+$', name): os.system(name)"),
    "a pattern kept in a constant": ("shell", "p = '^[a-z]+$'\nif re.match(p, name): os.system(name)"),
    "a search for other characters that found none": (
        "shell",
        "if re.search('[^a-z0-9]', name): abort(400)\nos.system(name)",
    ),
    "no match is None": ("path", "if re.fullmatch(r'\\w+', name) is None: abort(400)\nopen(name)"),
    "a match is not None": ("path", "if re.fullmatch(r'\\w+', name) is not None: open(name)"),
    "a match made a truth": ("shell", "if not bool(re.fullmatch('a+', name)): abort(400)\nos.system(name)"),
    "a match kept": ("shell", "m = re.fullmatch('a+', name)\nif m is None: return 1\nos.system(name)"),
    "a match kept and asked for its truth": ("shell", "m = NAME.match(name)\nif not m: return 1\nos.system(name)"),
    "a match kept on the way": ("shell", "if (m := re.fullmatch('a', name)) is None: return 1\nos.system(name)"),
    "an answer that is True": ("shell", "if full(name) is True: os.system(name)"),
    "a name bound in the test": (
        "shell",
        "if (c := request.args.get('c')) not in {'id'}: return None\nos.system(c)",
    ),
    "a helper that answers with constants": ("shell", "if not listed(name): abort(400)\nos.system(name)"),
    "a helper with two ways to be true": ("shell", "if one_of_two_ways(name): os.system(name)"),
    "a helper that gives a truth": ("shell", "if not full(name): abort(400)\nos.system(name)"),
    "a helper that compares a match": ("shell", "if not matches(name): abort(400)\nos.system(name)"),
    "a helper that tries": ("shell", "if not number(name): abort(400)\nos.system(name)"),
    "a negative helper": ("shell", "if bad(name): abort(400)\nos.system(name)"),
    "a negative helper that answers with constants": ("shell", "if bad_in_words(name): abort(400)\nos.system(name)"),
    "a negative helper that has nothing to say": ("shell", "if bad_or_nothing(name): abort(400)\nos.system(name)"),
    "a helper that looks at the trimmed text": ("shell", "if not trimmed(name): abort(400)\nos.system(name)"),
    "a helper inside": (
        "shell",
        "def ok(c):\n    if c in ALLOWED: return True\n    return False\nif not ok(name): abort(400)\nos.system(name)",
    ),
    "a list of which all are allowed": (
        "shell",
        "if not all(x in ALLOWED for x in names): abort(400)\nos.system(' '.join(names))",
    ),
    "a list of which none is another": (
        "shell",
        "if any(x not in ALLOWED for x in names): abort(400)\nos.system(names[0])",
    ),
    "a list of which all match": (
        "shell",
        "if not all(re.fullmatch('a+', x) for x in names): abort(400)\nos.system(' '.join(names))",
    ),
    "a text of harmless characters": (
        "shell",
        "import string\nif not all(c in string.ascii_letters + '_' for c in name): abort(400)\nos.system(name)",
    ),
    "nothing at all": ("shell", "if name and name not in ALLOWED: name = ''\nos.system(name)"),
    "a set within another": ("shell", "if not set(names) <= ALLOWED: abort(400)\nos.system(' '.join(names))"),
    "a set around another": ("shell", "if not ALLOWED >= set(names): abort(400)\nos.system(' '.join(names))"),
    "a set without what is allowed": ("shell", "if set(names) - ALLOWED: abort(400)\nos.system(' '.join(names))"),
    "a subset": ("shell", "if not set(names).issubset(ALLOWED): abort(400)\nos.system(' '.join(names))"),
    "a superset": ("shell", "if not ALLOWED.issuperset(names): abort(400)\nos.system(' '.join(names))"),
    "a loop over all": (
        "shell",
        "for x in names:\n    if x not in ALLOWED: abort(400)\nos.system(' '.join(names))",
    ),
    "a loop in a helper": ("shell", "if not each(names): abort(400)\nos.system(' '.join(names))"),
    "a text that could be read as a number": (
        "shell",
        "try:\n    int(name)\nexcept ValueError:\n    abort(400)\nos.system(name)",
    ),
    "one of two in a case": ("shell", "match name + '':\n    case 'a' | 'b' as w:\n        os.system(w)"),
    "a number in a case": ("shell", "match name:\n    case int() as n:\n        os.system(f'{n}')"),
    "a number in a mapping in a case": (
        "shell",
        "match request.json:\n    case {'n': int(n)}:\n        os.system(f'{n}')",
    ),
    "the same expression again": (
        "shell",
        "if request.args['w'] not in ('a', 'b'): return 1\nos.system(request.args['w'])",
    ),
    "the same expression in one": ("shell", "os.system(request.args['w'] if request.args['w'] in ('a', 'b') else 'x')"),
    "the same call again": (
        "shell",
        "if request.args.get('w') not in ('a', 'b'): return 1\nos.system(request.args.get('w'))",
    ),
    "the second half of an and": ("shell", "os.system(name.isdigit() and name or '1')"),
    "a beginning with the host's slash": (
        "url",
        "if not name.startswith('https://a.example/'): abort(400)\nrequests.get(name)",
    ),
    "one of several beginnings": (
        "redirect",
        "if name.startswith(('https://a.example/', 'https://b.example/')): return redirect(name)",
    ),
    "a member of what is called like parents": ("shell", "parents = ['a']\nif name in parents: os.system(name)"),
    "among the parents": (
        "path",
        "p = (ROOT / name).resolve()\nif ROOT not in p.parents: abort(403)\np.read_text()",
    ),
    "the beginning of a path as text": (
        "path",
        "p = (ROOT / name).resolve()\nif not str(p).startswith(str(ROOT)): abort(403)\np.read_text()",
    ),
    "all but some characters replaced": ("shell", "os.system(re.sub(r'[^a-z0-9]', '', name))"),
    "all but words replaced": ("path", "open('/srv/' + re.sub(r'[^\\w-]', '_', name))"),
    "a group of digits": ("shell", "m = re.match(r'(\\d+)-(.*)', name)\nos.system(m.group(1))"),
    "a named group of digits": ("shell", "m = re.match(r'(?P<id>\\d+)-(.*)', name)\nos.system(m['id'])"),
    "all that is found of digits": ("shell", "os.system(' '.join(re.findall(r'\\d+', name)))"),
}

BROKEN = {
    "something": ("shell", "if not name or name in ALLOWED: name = 'a'\nos.system(name)"),
    "the end of a host without its dot": (
        "url",
        "host = urlparse(name).hostname or ''\nif not host.endswith('a.example'): abort(400)\nrequests.get(name)",
    ),
    "the end of an address": ("url", "if not name.endswith('.a.example'): abort(400)\nrequests.get(name)"),
    "a host that some end is not of": (
        "url",
        "host = urlparse(name).hostname\nif not all(host == one for one in ALLOWED): requests.get(name)",
    ),
    "a slash in a name": ("path", "if '/' in name: open('/srv/' + name)"),
    "letters and dangerous characters": (
        "shell",
        "if not all(c.isalnum() or c in '-;' for c in name): abort(400)\nos.system(name)",
    ),
    "a compiled pattern that stops before the end": ("shell", "if not OPEN.match(name): abort(400)\nos.system(name)"),
    "a pattern that looks at one line": ("shell", "if not LINES.match(name): abort(400)\nos.system(name)"),
    "a pattern that looks at one line by itself": ("shell", "if re.match(r'(?m)^a+$', name): os.system(name)"),
    "a match whose answer nobody looks at": ("shell", "NAME.match(name)\nos.system(name)"),
    "a match of something else": ("shell", "if NAME.match(other): os.system(name)"),
    "a match from further on": ("shell", "if NAME.match(name, 3): os.system(name)"),
    "a pattern bound twice": (
        "shell",
        "p = re.compile('^a$')\nif other: p = re.compile('a')\nif p.match(name): os.system(name)",
    ),
    "a search from anywhere": ("shell", "if re.search(r'[a-z]+$', name): os.system(name)"),
    "a search for other characters that found one": ("shell", "if re.search('[^a-z]', name): os.system(name)"),
    "a search for some bad characters": ("shell", "if re.search('[;&|]', name): return 1\nos.system(name)"),
    "a match that is None": ("shell", "if re.fullmatch('a+', name) is None: os.system(name)"),
    "an answer that is never None": ("shell", "if (name in ALLOWED) is not None: os.system(name)"),
    "a match made part of another answer": (
        "shell",
        "m = other == 'x' and re.fullmatch('a+', name)\nif m is not None: os.system(name)",
    ),
    "a name bound in a test that does not look at it": (
        "shell",
        "if (c := request.args.get('c')) is None: return None\nos.system(c)",
    ),
    "a helper that is also true otherwise": ("shell", "if loose(name): os.system(name)"),
    "a helper's false": ("shell", "if not listed(name): os.system(name)"),
    "a helper that tries and goes on": ("shell", "if number_or_not(name): os.system(name)"),
    "a negative helper's true": ("shell", "if bad(name): os.system(name)"),
    "a negative helper about the length": ("shell", "if short(name): abort(400)\nos.system(name)"),
    "a helper that looks at a part": ("shell", "if cut(name): os.system(name)"),
    "a generator, which is always true": ("shell", "if turns(name): os.system(name)"),
    "a helper inside about another name": (
        "shell",
        "def ok(name):\n    return name in ALLOWED\nif ok(other): os.system(name)",
    ),
    "a list of which one is allowed": (
        "shell",
        "if not any(x in ALLOWED for x in names): abort(400)\nos.system(' '.join(names))",
    ),
    "a list of which some were left out": (
        "shell",
        "if not all(x in ALLOWED for x in names if x): abort(400)\nos.system(' '.join(names))",
    ),
    "a text of printable characters": (
        "shell",
        "import string\nif not all(c in string.printable for c in name): abort(400)\nos.system(name)",
    ),
    "a text without some characters": ("shell", "if any(c in ';&' for c in name): abort(400)\nos.system(name)"),
    "what stands behind keys that are allowed": (
        "shell",
        "d = request.json\nif not all(k in ALLOWED for k in d): abort(400)\nos.system(d['a'])",
    ),
    "all that stands behind keys that are allowed": (
        "shell",
        "d = request.json\nfor k in d:\n    if k not in ALLOWED: abort(400)\nos.system(' '.join(d.values()))",
    ),
    "each that stands behind keys that are allowed": (
        "shell",
        "d = request.json\nfor k in d:\n    if k not in ALLOWED: abort(400)\nfor k in d: os.system(d[k])",
    ),
    "a set that another lies within": ("shell", "if not set(names) >= ALLOWED: abort(400)\nos.system(names[0])"),
    "a loop that passes some over": (
        "shell",
        "for x in names:\n    if x == other: continue\n    if x not in ALLOWED: abort(400)\nos.system(names[0])",
    ),
    "a loop that ends early": (
        "shell",
        "for x in names:\n    if x not in ALLOWED: abort(400)\n    break\nos.system(' '.join(names))",
    ),
    "a loop that binds its element anew": (
        "shell",
        "for x in names:\n    if x: x = 'a'\n    x = 'b'\nos.system(' '.join(names))",
    ),
    "a number that could not be read": (
        "shell",
        "try:\n    int(name)\nexcept ValueError:\n    pass\nos.system(name)",
    ),
    "a number of something else": ("shell", "int(other)\nos.system(name)"),
    "a length": ("shell", "len(name)\nos.system(name)"),
    "anything in a case": ("shell", "match name + '':\n    case 'a' | _ as w:\n        os.system(w)"),
    "a text in a case": ("shell", "match name:\n    case str() as w:\n        os.system(w)"),
    "beside a number in a case": (
        "shell",
        "match request.json:\n    case {'n': int(n), 'c': c}:\n        os.system(c)",
    ),
    "letters and digits, but for what ends a command": (
        "shell",
        "if not name.replace(';', '').isalnum(): abort(400)\nos.system(name)",
    ),
    "letters and digits once something came in": (
        "shell",
        "if not name.replace('-', other).isalnum(): abort(400)\nos.system(name)",
    ),
    "another key": ("shell", "if request.args['w'] not in ('a', 'b'): return 1\nos.system(request.args['v'])"),
    "the same expression, tested on one way only": (
        "shell",
        "if other == 'x':\n    if request.args['w'] not in ('a', 'b'): return 1\nos.system(request.args['w'])",
    ),
    "the second half of an or": ("shell", "os.system(name.isdigit() or name)"),
    "a beginning without the host's slash": (
        "url",
        "if not name.startswith('https://a.example'): abort(400)\nrequests.get(name)",
    ),
    "one beginning too many": (
        "redirect",
        "if name.startswith(('https://a.example/', 'https://')): return redirect(name)",
    ),
    "a slash at the beginning": ("redirect", "if name.startswith('/'): return redirect(name)"),
    "parents of a path that is not resolved": (
        "path",
        "p = ROOT / name\nif ROOT not in p.parents: abort(403)\np.read_text()",
    ),
    "not among the parents": (
        "path",
        "p = (ROOT / name).resolve()\nif ROOT in p.parents: abort(403)\np.read_text()",
    ),
    "a beginning that the client chooses": (
        "path",
        "p = os.path.realpath(name)\nif p.startswith(other): open(p)",
    ),
    "some characters replaced": ("shell", "os.system(re.sub(r'[;&]', '', name))"),
    "all but dangerous characters replaced": ("shell", "os.system(re.sub(r'[^a-z;]', '', name))"),
    "all but a range of everything replaced": ("shell", "os.system(re.sub(r'[^ -~]', '', name))"),
    "a few replaced": ("shell", "os.system(re.sub(r'[^a-z]', '', name, 1))"),
    "replaced by something dangerous": ("shell", "os.system(re.sub(r'[^a-z]', ';', name))"),
    "all but words and dots replaced": ("path", "open('/srv/' + re.sub(r'[^\\w.]', '_', name))"),
    "a group of anything": ("shell", "m = re.match(r'(\\d+)-(.*)', name)\nos.system(m.group(2))"),
    "the whole of a match": ("shell", "m = re.match(r'(\\d+)-(.*)', name)\nos.system(m.group(0))"),
    "a group of everything but": ("shell", "m = re.match(r'([^a]+)', name)\nos.system(m.group(1))"),
}


def _view(body: str) -> str:
    start = "def view():\n    name, other = request.args['name'], request.args['other']\n"
    lists = "    names = request.args.getlist('n')\n"
    return "from pathlib import Path\n" + dedent(HELPERS) + start + lists + indent(body, "    ") + "\n"


@pytest.mark.parametrize(("sink", "body"), PROVEN.values(), ids=PROVEN)
def test_a_guard_that_proves_a_value_is_believed(sink: str, body: str) -> None:
    assert traces(_view(body), sink) == []


@pytest.mark.parametrize(("sink", "body"), BROKEN.values(), ids=BROKEN)
def test_a_guard_that_proves_nothing_is_not(sink: str, body: str) -> None:
    assert len(traces(_view(body), sink)) == 1


@pytest.mark.parametrize(("pattern", "reached"), [("WORD", 0), ("OPEN", 1)])
def test_a_pattern_may_be_compiled_in_the_body_of_a_class(pattern: str, reached: int) -> None:
    code = f"""
    class View:
        WORD = re.compile(r"\\w+\\Z")
        OPEN = re.compile(r"\\w+")
        def view(self):
            name = request.args["name"]
            if self.{pattern}.match(name):
                os.system(name)
    """
    assert len(traces(code, "shell", "View.view")) == reached
