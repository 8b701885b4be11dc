"""Every address of ours says what it takes to use it."""

from core.web.routes import routes

BY_THEMSELVES = ("admin/", "accounts/", "api/")
"""Parts that ask for log-in and rights in their own way; they have their own tests."""


def test_every_page_declares_its_permission() -> None:
    undeclared = [pattern for pattern, declared in routes() if declared is None and not pattern.startswith(BY_THEMSELVES)]
    assert undeclared == []


def test_names_are_given_once() -> None:
    names = [declared.name for _pattern, declared in routes() if declared]
    assert len(names) == len(set(names))
