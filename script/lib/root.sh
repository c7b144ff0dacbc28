# shellcheck shell=bash
# The engine's root: a folder with Docker Engine, its client and what they need, from Debian's packages.
#
# Sourced by script/engine and script/runner. Gives them:
#   $home $root                 where everything is kept, and the root in it
#   say, die                    progress and errors, on stderr
#   with_lock                   one change at a time
#   provision                   makes the root, if it is not there yet
#   in_root COMMAND…            runs a command of the root, as if the root were /
#   root_tool COMMAND…          the same for a simple one, without /proc and the like, but at once
#   fetch_debs DIR SUITE PKG…   downloads packages with all that they need
#   unpack_debs ROOT DEB…       unpacks packages
#
# Why a root of its own: the engine has to be 28 or later, the machine's own release may only have an older
# one, and a later one needs a later libc. Nothing is installed on the machine itself.
#
# Why no debootstrap: nothing in here is ever configured or upgraded, so it is enough to let the machine's apt
# resolve, download and verify the packages and to unpack them. That takes a third of the time, runs none of
# the packages' scripts, and needs no tool beyond those that every Debian has (apt-get, dpkg-deb, tar).

# Decimal points, orders and permissions are the same on every machine.
export LC_ALL=C
umask 022

home=${CACHED_DOCKER_BUILD_HOME:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/cached-docker-build}
[[ $home == /* ]] || home=$PWD/$home
root=$home/root

# The oldest engine that will do.
readonly MINIMUM_ENGINE=28

say() { printf '%s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# with_lock COMMAND…: runs it while no other start, stop or provisioning of this home is at work.
with_lock() {
    mkdir -p "$home"
    # Where there is no flock (macOS), we set up no engine either.
    command -v flock >/dev/null || { "$@"; return; }
    exec 9>"$home/lock"
    flock --nonblock 9 || { say "Waiting for another script/engine to finish…"; flock 9; }
    "$@"
    exec 9>&-
}

# The system of the machine, for the two that the root can be made on.
distribution() (
    # shellcheck disable=SC1091
    [[ ! -r /etc/os-release ]] || . /etc/os-release
    echo "${ID:-unknown} ${VERSION_CODENAME:-}"
)

require_debian_root() {
    case "$(id -u) $(distribution)" in
        "0 debian "* | "0 ubuntu "*) ;;
        *) die "There is no Docker Engine to use, and this script can only set one up as root on Debian or Ubuntu." \
               $'\n'"Install Docker Engine $MINIMUM_ENGINE or later with buildx, or Docker Desktop, start it, and try again." ;;
    esac
}

# --- packages -------------------------------------------------------------------------------------------------

# machine_sources SUITE: the machine's Debian mirrors as apt sources for SUITE. They are read off the machine's
# own sources, so that a private mirror is used where there is one, and none is named here.
machine_sources() {
    local suite=$1 targets origin release component uri key
    # shellcheck disable=SC2016
    local format='$(ORIGIN) $(RELEASE) $(COMPONENT) $(REPO_URI)'
    targets=$(apt-get indextargets --format "$format" 'Created-By: Packages')
    if [[ -z $targets ]]; then
        # A machine that never ran `apt-get update` does not know the origin of its sources yet.
        local lists=Dir::State::lists=$home/apt/machine-lists
        mkdir -p "$home/apt/machine-lists/partial"
        apt-get -qq -o "$lists" -o APT::Sandbox::User=root update >&2
        targets=$(apt-get -o "$lists" indextargets --format "$format" 'Created-By: Packages')
    fi
    for key in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
        [[ ! -r $key ]] || break
    done
    while read -r origin release component uri; do
        [[ $origin == Debian && $component == main ]] || continue
        case $release in
            *-updates) release=$suite-updates ;;
            *-security) release=$suite-security ;;
            *-*) continue ;;
            *) release=$suite ;;
        esac
        # Testing takes its updates and security fixes itself.
        [[ $suite != testing || $release == testing ]] || continue
        echo "deb [signed-by=$key] $uri $release main"
    done <<<"$targets" | sort -u
}

# machine_apt_settings: the machine's settings for reaching its mirrors (proxies, age of the mirror's copy).
machine_apt_settings() {
    apt-config dump | grep -E '^Acquire::(http|https|Check-Date|Check-Valid-Until)\b.*"[^"]+";' || true
}

# fetch_debs DIR SUITE PACKAGE…: downloads the packages and all that they need into DIR. SUITE "machine" is the
# machine's own release. The package lists are kept in $home/apt/SUITE, and renewed when they are too old.
fetch_debs() {
    local dir=$1 suite=$2 state=$home/apt/$2
    shift 2
    mkdir -p "$state/lists/partial" "$dir/partial"
    : >"$state/status" # nothing is installed: so apt downloads everything that is needed
    cat >"$state/apt.conf" <<CONF
Dir::State "$state";
Dir::State::status "$state/status";
Dir::Cache "$state";
Dir::Etc::Preferences "-";
Dir::Etc::PreferencesParts "-";
// The folder may be closed to apt's unprivileged user.
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::Languages "none";
// A mirror's copy of testing can be weeks old, and apt would refuse it. Signatures are still checked.
Acquire::Check-Valid-Until "false";
// What the machine wants done after its own updates is none of our business.
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
CONF
    if [[ $suite != machine ]]; then
        machine_sources "$suite" | sed 's/\[/[target=Packages /' >"$state/sources.list"
        [[ -s $state/sources.list ]] || die "Found no Debian mirror among the machine's apt sources."
        cat >>"$state/apt.conf" <<CONF
Dir::Etc::SourceList "$state/sources.list";
Dir::Etc::SourceParts "-";
CONF
    fi
    local apt=(apt-get -c "$state/apt.conf" -qq)
    local download=("${apt[@]}" -y -o "Dir::Cache::archives=$dir" --download-only install "$@")
    if ! { compgen -G "$state/lists/*Packages*" && "${download[@]}"; } >"$state/log" 2>&1; then
        "${apt[@]}" update >&2
        "${download[@]}" >"$state/log" 2>&1 || { cat "$state/log" >&2; return 1; }
    fi
}

# unpack_debs ROOT DEB…: unpacks packages, side by side, without documentation.
unpack_debs() {
    local into=$1 link
    shift
    # / has links into /usr on every system of today; the packages rely on it.
    mkdir -p "$into"/usr/{bin,sbin,lib,lib64}
    for link in bin sbin lib lib64; do
        [[ -e $into/$link ]] || ln -s "usr/$link" "$into/$link"
    done
    # shellcheck disable=SC2016
    printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -n 4 bash -c '
        set -euo pipefail
        into=$1
        shift
        for deb; do
            dpkg-deb --fsys-tarfile "$deb" | tar -C "$into" -x --keep-directory-symlink \
                --exclude="./usr/share/doc/*" --exclude="./usr/share/man/*" --exclude="./usr/share/locale/*"
        done' unpack "$into"
}

# --- the root -------------------------------------------------------------------------------------------------

# in_root COMMAND…: in a mount namespace of its own, so that whatever happens, no mount is left behind.
# shellcheck disable=SC2016
in_root() {
    refresh_root
    unshare --mount --propagation slave bash -c '
        set -euo pipefail
        root=$1 home=$2
        shift 2
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mkdir -p "$root$home"
        mount --bind "$home" "$root$home"
        exec chroot "$root" "$@"' in-root "$root" "$home" env "PATH=/usr/sbin:/usr/bin" "$@"
}

root_tool() { chroot "$root" /usr/bin/env PATH=/usr/sbin:/usr/bin "$@"; }

# refresh_root: what the root takes over from the machine, and what may have changed since the last time.
refresh_root() {
    local resolv=/etc/resolv.conf
    # A resolver on loopback cannot be reached from containers; systemd keeps the real ones beside it.
    if grep -qs '^nameserver 127\.0\.0\.53' "$resolv" && [[ -r /run/systemd/resolve/resolv.conf ]]; then
        resolv=/run/systemd/resolve/resolv.conf
    fi
    [[ ! -r $resolv ]] || cp -L "$resolv" "$root/etc/resolv.conf"
    [[ ! -r /etc/hosts ]] || cp -L /etc/hosts "$root/etc/hosts"
    # The machine's certificates: it may reach its registries through an authority of its own.
    if [[ -s /etc/ssl/certs/ca-certificates.crt ]]; then
        mkdir -p "$root/etc/ssl/certs"
        cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    fi
}

# provision: makes the root in a folder beside, and renames it when it is complete.
provision() {
    # One that was interrupted.
    rm -rf --one-file-system "$home"/new-root.*
    [[ ! -d $root ]] || return 0
    require_debian_root
    local new started=$SECONDS suite=testing packages
    new=$(mktemp -d "$home/new-root.XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf --one-file-system '$new'" EXIT

    # git: for builds from a git address. pigz: hosted runners have it, too. procps: for `docker top`.
    packages=(docker.io docker-buildx containerd runc iptables nftables iproute2 kmod ca-certificates git
        base-files bash dash coreutils findutils grep sed tar gzip pigz xz-utils util-linux mount procps)
    case $(distribution) in
        ubuntu*)
            # Not tried yet: the machine's own release, which has a late enough engine in universe and -updates.
            # Its docker.io has the client in it.
            suite=machine ;;
        *) packages+=(docker-cli) ;;
    esac
    say "Setting up a Docker Engine in $home (once)…"
    fetch_debs "$new/debs" "$suite" "${packages[@]}"
    mkdir "$new/root"
    chmod 755 "$new/root"
    # Perl is 60 MB that only rare git commands want.
    rm -f "$new"/debs/{perl-modules,libperl,git-man}*.deb
    unpack_debs "$new/root" "$new"/debs/base-files_*.deb
    unpack_debs "$new/root" "$new"/debs/*.deb
    configure_root "$new/root"

    local version
    version=$(root=$new/root root_tool dockerd --version | grep -oE '[0-9]+' | head -1)
    ((version >= MINIMUM_ENGINE)) ||
        die "This system's packages have Docker Engine $version; $MINIMUM_ENGINE or later is needed. Install one and start it."
    write_client "$new/root"
    mv -T "$new/root" "$root"
    rm -rf "$new"
    trap - EXIT
    say "Set up in $((SECONDS - started)) s."
}

# configure_root ROOT: the little of the packages' own setting-up that is needed.
configure_root() {
    local it=$1 tool
    mkdir -p "$it"/{proc,sys,dev,run,tmp,root,etc,var/lib/docker}
    chmod 1777 "$it/tmp"
    [[ -e $it/var/run ]] || ln -s /run "$it/var/run"
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n' >"$it/etc/passwd"
    printf 'root:x:0:\ndocker:x:999:\nnogroup:x:65534:\n' >"$it/etc/group"
    [[ -e $it/usr/bin/sh ]] || ln -s dash "$it/usr/bin/sh"
    # The engine itself makes no rules (see script/engine), but those inside of containers' networks.
    for tool in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
        ln -sf xtables-nft-multi "$it/usr/sbin/$tool"
    done
    # The public authorities, for a machine without a bundle of its own.
    mkdir -p "$it/etc/ssl/certs"
    find "$it/usr/share/ca-certificates" -name '*.crt' -exec cat {} + >"$it/etc/ssl/certs/ca-certificates.crt"
}

# write_client ROOT: `docker` with buildx, for machines that have none or an older libc: through the root's own loader.
# ROOT is where the root's programs lie while it is being made.
write_client() {
    local plugin=/usr/libexec/docker/cli-plugins/docker-buildx answer
    mkdir -p "$home/bin" "$home/config/cli-plugins"
    client_wrapper /usr/bin/docker >"$home/bin/docker"
    # docker asks a plugin who it is three times in a build. Starting it for that takes a tenth of a second each time, a
    # third of all the processor time of the tests: so the wrapper says it.
    answer=$(root=$1 root_tool "$plugin" docker-cli-plugin-metadata)
    client_wrapper "$plugin" "[ \"\$1\" != docker-cli-plugin-metadata ] || { echo '${answer//$'\n'/}'; exit; }" \
        >"$home/config/cli-plugins/docker-buildx"
    chmod +x "$home/bin/docker" "$home/config/cli-plugins/docker-buildx"
}

# client_wrapper PROGRAM [COMMAND]: a script that starts the root's PROGRAM, after COMMAND.
client_wrapper() {
    local triplet
    triplet=$(uname -m)-linux-gnu
    # The name that the program sees is the wrapper's: docker and its plugins call each other by it.
    cat <<SH
#!/bin/sh
${2:-:}
exec '$root/usr/lib/$triplet'/ld-linux-*.so.? --argv0 "\$0" --library-path '$root/usr/lib/$triplet' '$root$1' "\$@"
SH
}
