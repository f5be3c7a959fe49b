"""A new key for the audit of a site: `python -m marketplace.audit.key NAME`, which needs no site and no setting."""

from __future__ import annotations

import sys

import click

from marketplace.audit.notes import NoteError, Signer


def new_key(name: str) -> tuple[str, str]:
    """A new private key and its public one.

    Args:
        name: name of the log, as a rule the address of the site.

    Raises:
        NoteError: the name may not be one.
    """
    signer = Signer.generate(name)
    return str(signer), str(signer.verifier)


def print_key(name: str) -> None:
    """Print a new key: the private one alone on standard output, so that it can be written to a file.

    Raises:
        click.ClickException: the name may not be one.
    """
    try:
        private, public = new_key(name)
    except NoteError as error:
        raise click.ClickException(str(error)) from None
    click.echo(private)
    click.echo(f"The public key, for the auditor: {public}", err=True)


@click.command()
@click.argument("name")
def main(name: str) -> None:
    """Print a new private key for AUDIT_KEY; the public one goes to standard error."""
    print_key(name)


if __name__ == "__main__":
    main(sys.argv[1:])
