"""The door: the hot verbs go straight to `hot`, every other verb through the typer app."""

import sys

HOT = ("flag", "self-eval", "boundary", "boot")


def main() -> int:
    """Run one command and return its exit code."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in HOT:
        from commonplace import hot
        from commonplace.errors import CommonplaceError

        said = hot.parse(arguments[0], arguments[1:])
        if said is not None:
            try:
                return hot.run(arguments[0], said)
            except CommonplaceError as error:
                hint = f"\n  mend it with: {error.hint}" if error.hint else ""
                sys.stderr.write(f"commonplace: {error.message}{hint}\n")
                return error.code
    from commonplace.app import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
