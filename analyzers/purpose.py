"""What a file is for, going by its path: the program, its tests, or the tools of its own people."""

import re

# `tests.py` is the usual module of an application's tests; `test.py` is as often a command or a script of the program.
# Of the folders `..._tests`, those named for a kind of test hold tests; `speed_tests` or `ab_tests` may be what runs.
TEST_KIND = "unit|integration|functional|acceptance|system|smoke|regression|api|ui|e2e|end_to_end"
TEST_PATH = re.compile(
    rf"(?:^|/)(?:(?:(?:{TEST_KIND})[_-])?tests?|test_?suites?|testing(?:_[a-z]+)?|fakes|mocks)/"
    r"|(?:^|/)(?:tests|run_?tests|test_[^/]*|[^/]*_(?:tests?|simulator|mock)|(?:fake|mock)_[^/]*|conftest)\.py$"
)
# Code that tests read, which may be wrong on purpose.
SAMPLE_PATH = re.compile(r"(?:^|/)tests?/(?:.*/)?(?:fixtures?|data|testdata|samples)/")
# What only the project's own people run, from a folder at the top of the tree, while they watch; migrations, examples.
TOOL_PATH = re.compile(
    r"^(?:\.[^/]+|scripts?|scripts-dev|tools?|dev|devtools|ci|extras|contrib|hack|misc|release|packaging|cmake|docs?|examples?|demos?"
    r"|benchmarks?|winbuild|(?:tools?|build|release)[_-]?(?:tools?|scripts?))/"
    r"|^(?:setup|noxfile|tasks|fabfile|release|(?:gen|generate|build|bump|gather|update)_[^/]+)\.py$"
    r"|(?:^|/)(?:versioneer|_version)\.py$"
    r"|(?:^|/)(?:migrations|alembic|revisions/(?:.*/)?versions|examples?|demos?|tutorials?|playgrounds?|benchmarks?)/"
    r"|(?:^|/)[^/]+_(?:release|playground)\.py$"
)
