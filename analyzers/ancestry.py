"""What the errors of the standard library and of a few others are, too: their bases, which are not at hand."""

from collections.abc import Iterator, Mapping

REQUESTS = "requests.exceptions."
SQLALCHEMY = "sqlalchemy.exc."

# Base -> what is made of it. Only bases that every version has in common.
BELOW: Mapping[str, str] = {
    # https://docs.python.org/3/library/
    "builtins.Exception": "subprocess.SubprocessError http.client.HTTPException sqlite3.Error pickle.PickleError "
    "configparser.Error zipfile.BadZipFile tarfile.TarError queue.Empty queue.Full "
    f"{SQLALCHEMY}SQLAlchemyError",
    "builtins.ValueError": "json.decoder.JSONDecodeError binascii.Error",
    "builtins.OSError": "socket.timeout socket.gaierror socket.herror ssl.SSLError urllib.error.URLError shutil.Error "
    f"{REQUESTS}RequestException",
    "subprocess.SubprocessError": "subprocess.CalledProcessError subprocess.TimeoutExpired",
    "ssl.SSLError": "ssl.SSLCertVerificationError ssl.SSLWantReadError ssl.SSLWantWriteError ssl.SSLEOFError",
    "urllib.error.URLError": "urllib.error.HTTPError urllib.error.ContentTooShortError",
    "shutil.Error": "shutil.SameFileError",
    "http.client.HTTPException": "http.client.BadStatusLine http.client.IncompleteRead http.client.InvalidURL",
    "pickle.PickleError": "pickle.PicklingError pickle.UnpicklingError",
    "configparser.Error": "configparser.NoSectionError configparser.NoOptionError configparser.ParsingError",
    "tarfile.TarError": "tarfile.ReadError tarfile.CompressionError tarfile.ExtractError",
    # https://peps.python.org/pep-0249/#exceptions
    "sqlite3.Error": "sqlite3.DatabaseError sqlite3.InterfaceError",
    "sqlite3.DatabaseError": "sqlite3.IntegrityError sqlite3.OperationalError sqlite3.ProgrammingError",
    # https://requests.readthedocs.io/en/latest/api/#exceptions
    f"{REQUESTS}RequestException": f"{REQUESTS}HTTPError {REQUESTS}ConnectionError {REQUESTS}Timeout "
    f"{REQUESTS}TooManyRedirects {REQUESTS}InvalidURL {REQUESTS}MissingSchema {REQUESTS}ChunkedEncodingError",
    f"{REQUESTS}ConnectionError": f"{REQUESTS}SSLError {REQUESTS}ProxyError {REQUESTS}ConnectTimeout",
    f"{REQUESTS}Timeout": f"{REQUESTS}ReadTimeout {REQUESTS}ConnectTimeout",
    # https://docs.sqlalchemy.org/en/20/core/exceptions.html
    f"{SQLALCHEMY}SQLAlchemyError": f"{SQLALCHEMY}StatementError {SQLALCHEMY}ArgumentError",
    f"{SQLALCHEMY}StatementError": f"{SQLALCHEMY}DBAPIError",
    f"{SQLALCHEMY}DBAPIError": f"{SQLALCHEMY}DatabaseError {SQLALCHEMY}InterfaceError",
    f"{SQLALCHEMY}DatabaseError": f"{SQLALCHEMY}IntegrityError {SQLALCHEMY}OperationalError "
    f"{SQLALCHEMY}ProgrammingError {SQLALCHEMY}DataError",
}
# The same error under another name.
SAME: Mapping[str, str] = {
    "json.JSONDecodeError": "json.decoder.JSONDecodeError",
    "socket.error": "builtins.OSError",
    "select.error": "builtins.OSError",
    **{
        f"requests.{name}": f"{REQUESTS}{name}"
        for name in "RequestException HTTPError ConnectionError Timeout TooManyRedirects ReadTimeout".split()
    },
}


def _above() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for base, below in BELOW.items():
        for name in below.split():
            found[name] = (*found.get(name, ()), base)
    return found


ABOVE = _above()


def own_name(name: str) -> str:
    """What an error is called where it is defined."""
    return SAME.get(name, name)


def own_words(word: str) -> Iterator[str]:
    """The last words of what errors are called where they are defined, of those whose name ends with this word."""
    return (own.rpartition(".")[2] for name, own in SAME.items() if name.rpartition(".")[2] == word)


def lineage(name: str) -> Iterator[str]:
    """An error by its own name, and what it is known to be, too; builtins are the last."""
    own = own_name(name)
    yield own
    for base in ABOVE.get(own, ()):
        yield from lineage(base)


def of_word(word: str) -> Iterator[str]:
    """The same for every error whose name ends with this word."""
    for name in (*SAME, *ABOVE):
        if name.rpartition(".")[2] == word:
            yield from lineage(name)
