"""What Git's complaints mean to the person who gave the URL, each as one line with its mend.

Git reports through text alone, so this reads the English text (`LC_ALL=C`) of the versions in use; what it does
not recognise is passed on as Git's own last line. Secrets are masked before they get here.
"""

from __future__ import annotations

import re

from doctown.errors import InputError

_TOKEN_MEND = "set DOCTOWN_GIT_TOKEN or configure Git's credential helper"  # noqa: S105 - the advice, not a token


class CredentialsError(InputError):
    """The host wants credentials, or does not accept those it was given."""


class RedirectError(InputError):
    """The host redirects, which is never followed."""


def unknown_ref(ref: str, url: str) -> InputError:
    """The error for a ref that the repository does not have."""
    return InputError(f"{url} has no branch, tag or commit {ref!r}", "check --ref")


def is_unshallow(errors: str) -> bool:
    """Whether the host cannot serve a shallow history at all (plain files over HTTP)."""
    return "does not support shallow" in errors


def is_withheld(errors: str) -> bool:
    """Whether the host serves only what a branch or tag points at."""
    return "unadvertised object" in errors


def explained(errors: str, url: str, *, with_credentials: bool, ref: str = "") -> InputError:
    """The error for what Git wrote to its standard error about `url`."""
    text = errors.lower()

    def has(pattern: str) -> bool:
        return re.search(pattern, text) is not None

    if has(r"authentication failed|could not read (username|password)|error: 40[13]\b|terminal prompts disabled"):
        if with_credentials:
            return CredentialsError(
                f"{url} did not accept the credentials", "check that the token is valid and may read the repository"
            )
        return CredentialsError(f"{url} is private, or does not exist", f"{_TOKEN_MEND}, and check the URL")
    if has(r"error: 30\d\b|unable to update url base from redirection"):
        return RedirectError(f"{url} redirects, which is not followed", "give the URL that it redirects to")
    if has(r"couldn't find remote ref|not our ref|unadvertised object|no such remote ref"):
        return unknown_ref(ref, url)
    if has(r"repository '.*' not found|error: 404\b"):
        if with_credentials:
            return InputError(f"there is no repository at {url} that the credentials can see", "check the URL")
        return CredentialsError(f"there is no public repository at {url}", f"check the URL; if private, {_TOKEN_MEND}")
    if has(r"is this a git repository|does not appear to be a git|invalid server response|protocol error|bad line"):
        return InputError(f"{url} is not a Git repository", "check the URL")
    if has(r"ssl|certificate"):
        return InputError(f"the certificate of {url} could not be checked", "set the certificate bundle to use")
    if has(r"could ?n[o']t resolve|failed to connect|could ?n[o']t connect|refused|timed out|unreachable|too slow"):
        return InputError(f"{url} cannot be reached", "check the URL and the network")
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    reason = lines[-1] if lines else "it gave no reason"
    return InputError(f"Git could not fetch {url}: {reason[:300]}", "check the URL and the ref")
