# Shared by scripts/demo, scripts/test, scripts/vectors, scripts/fuzz and scripts/lock (sourced, POSIX sh,
# working directory = the checkout). Needs Python 3.11 or newer and nothing else.
#
# The one rule for its editor: a second run must be quick. kit_environment compares one stamp (lock
# files, pyproject, Python, path of the checkout) and does nothing when it matches.

say() { printf '%s\n' "$*" >&2; }

stop() {
    say "$*"
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# ---- system packages -------------------------------------------------------------------------------

can_apt() { [ "$(id -u)" = 0 ] && have apt-get; }

# apt_install PACKAGE... : quiet, asks nothing, refreshes the package lists once when they are missing or
# old. The output is kept in .venv/apt.log (or nowhere while there is no .venv) and its end shown on failure.
apt_install() {
    apt_log=/dev/null
    [ -d .venv ] && apt_log=.venv/apt.log
    apt_try "$@" && return 0
    apt_quietly update || true
    apt_try "$@" && return 0
    [ "$apt_log" = /dev/null ] || tail -n 3 "$apt_log" >&2
    return 1
}

apt_try() { apt_quietly install -y --no-install-recommends "$@"; }

apt_quietly() {
    DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=0 -o Acquire::http::Timeout=20 "$@" \
        >"$apt_log" 2>&1 </dev/null
}

# Debian keeps daemons out of an ordinary person's PATH.
PATH="$PATH:/usr/local/sbin:/usr/sbin"
export PATH

# want_tool COMMAND PACKAGE : true when COMMAND is there or could be installed. Says what it did.
# A failed try is remembered in .venv, or every start would wait for apt again.
want_tool() {
    have "$1" && return 0
    if [ -e ".venv/without-$1" ]; then
        say "no $1 here (apt failed last time; delete .venv/without-$1 to try again)"
        return 1
    fi
    if ! can_apt; then
        say "no $1 here, and not root with apt: 'sudo apt-get install $2' would bring it"
        return 1
    fi
    say "installing $2 with apt"
    apt_install "$2" && have "$1" && return 0
    say "no $1 here, and apt could not install $2"
    : >".venv/without-$1"
    return 1
}

# ---- Python ----------------------------------------------------------------------------------------

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${KITSTORE_PYTHON:-} python3.11 python3 python3.12 python3.13 python3.14; do
        if have "$candidate" && is_new_enough "$candidate"; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

make_venv() {
    python=$(find_python) || stop "kitstore needs Python 3.11 or newer. Set KITSTORE_PYTHON to one, or install it (Debian 12: apt-get install python3)."
    say "making .venv with $("$python" --version 2>&1)"
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        # Debian and Ubuntu ship 'venv' as a package of its own.
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        can_apt || stop "This Python cannot make virtual environments. Run: sudo apt-get install python3-venv (or python$version-venv), then start again."
        say "installing python3-venv with apt"
        apt_install "python$version-venv" || apt_install python3-venv \
            || stop "apt could not install python3-venv. Install it by hand, then start again."
    fi
    "$python" -m venv --clear .venv || stop "could not make .venv with $python"
}

# What the environment depends on, as one hash. $1 = lock file.
stamp_of() {
    .venv/bin/python - "$1" requirements-build.lock pyproject.toml <<'PYTHON'
import hashlib, os, pathlib, sys
seen = hashlib.sha256(f"{sys.version}\n{os.getcwd()}\n".encode())
for name in sys.argv[1:]:
    seen.update(pathlib.Path(name).read_bytes())
print(seen.hexdigest())
PYTHON
}

is_stamped() { [ "$(cat ".venv/stamp-$1" 2>/dev/null)" = "$(stamp_of "$1")" ]; }

# kit_environment LOCK : after it, .venv holds what LOCK names and the checkout itself (editable).
# The development lock holds everything the run-time lock holds, so either stamp serves the demo.
kit_environment() {
    # A copied or moved checkout brings a .venv whose commands point at the old place.
    if [ ! -x .venv/bin/python ] || ! is_new_enough .venv/bin/python \
        || [ "$(cat .venv/home 2>/dev/null)" != "$(pwd)" ]; then
        make_venv
        pwd >.venv/home
    fi
    is_stamped "$1" && return 0
    [ "$1" = requirements.lock ] && is_stamped requirements-dev.lock && return 0
    say "installing the packages of $1 (only when it has changed)"
    .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-build.lock \
        || stop "could not install the installer. Is a package index reachable? (pip config list shows which)"
    .venv/bin/python -m uv pip install --quiet --python .venv/bin/python --require-hashes -r "$1" \
        || stop "could not install the packages of $1"
    .venv/bin/python -m uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --reinstall-package kitstore -e . \
        || stop "could not install kitstore itself"
    stamp_of "$1" >".venv/stamp-$1"
}
