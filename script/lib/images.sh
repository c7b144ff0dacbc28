# shellcheck shell=bash
# Base images where no registry answers: built from Debian's packages, once, and kept as $home/images/NAME.tar.
#
# Sourced by script/engine, after root.sh. Gives it:
#   ensure_image ENGINE NAME    ENGINE is "user" or a store of ours

# engine_client ENGINE ARGUMENT…
engine_client() {
    local engine=$1
    shift
    if [[ $engine == user ]]; then docker "$@"; else client_of "$engine" "$@"; fi
}

has_image() { engine_client "$1" image inspect --format '{{.Id}}' "$2" >/dev/null 2>&1; }

ensure_image() {
    local engine=$1 name=$2 tar
    has_image "$engine" "$name" && return 0
    mkdir -p "$home/images"
    if pull "$engine" "$name"; then
        say "Pulled $name."
        return 0
    fi
    case $(short_name "$name") in
        debian:bookworm-slim) tar=$home/images/debian-bookworm-slim.tar ;;
        busybox:latest) tar=$home/images/busybox.tar ;;
        *)
            say "Cannot get the image $name: docker pull says: $(tail -n 1 "$home/images/pull.log")"
            die "Where no registry answers, debian:bookworm-slim and busybox:latest can be built here; $name cannot."
            ;;
    esac
    if [[ ! -s $tar ]]; then
        say "No registry answers: building $name from Debian's packages (once)…"
        case $tar in
            *debian*) build_debian "$tar" ;;
            *busybox*) build_busybox "$tar" ;;
        esac
    fi
    local command='CMD ["bash"]'
    [[ $tar == *debian* ]] || command='CMD ["sh"]'
    engine_client "$engine" import --change "$command" \
        --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$tar" "$name" >/dev/null
    say "Imported $name."
}

short_name() {
    local name=${1#docker.io/}
    name=${name#library/}
    [[ $name == *:* ]] || name+=:latest
    echo "$name"
}

# pull ENGINE NAME: docker pull, given up when it has not found the image after ten seconds.
pull() {
    local engine=$1 log=$home/images/pull.log pid
    : >"$log"
    engine_client "$engine" pull "$2" >"$log" 2>&1 &
    pid=$!
    for ((i = 0; i < 100; i++)); do
        [[ ! -s $log ]] || break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    if [[ ! -s $log ]] && kill "$pid" 2>/dev/null; then
        echo "no answer within 10 seconds" >"$log"
    fi
    wait "$pid" 2>/dev/null
}

# build_debian TAR: what debootstrap would make of bookworm (minbase), slim as the original.
build_debian() {
    local tar=$1 work
    [[ $(id -u) == 0 ]] || die "Building debian:bookworm-slim takes root."
    rm -rf --one-file-system "$home"/images/work.*
    work=$(mktemp -d "$home/images/work.XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf --one-file-system '$work'" EXIT
    mkdir -m 755 "$work/root"
    fetch_debs "$work/debs" bookworm '?essential' apt debian-archive-keyring mount tzdata usr-is-merged
    # First unpacked, so that there is a shell and a dpkg; then dpkg installs all of them properly.
    unpack_debs "$work/root" "$work"/debs/*.deb
    debian_settings "$work/root"
    mkdir "$work/root/debs"
    # shellcheck disable=SC2016
    unshare --mount --propagation slave bash -c '
        set -euo pipefail
        mount --bind "$1/debs" "$1/root/debs"
        mount -t proc proc "$1/root/proc"
        mount --rbind /dev "$1/root/dev"
        touch "$1/root/var/lib/dpkg/status"
        exec chroot "$1/root" env -i PATH=/usr/sbin:/usr/bin DEBIAN_FRONTEND=noninteractive \
            DPKG_FORCE=depends,unsafe-io,confnew sh -c "dpkg --install /debs/*.deb"' install "$work" \
        >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; die "Could not build debian:bookworm-slim."; }
    rmdir "$work/root/debs"
    rm -rf "$work"/root/var/{cache,log}/* "$work"/root/var/lib/apt/lists/* "$work"/root/var/lib/dpkg/*-old \
        "$work"/root/etc/{resolv.conf,hostname,hosts,*-} "$work"/root/tmp/* "$work"/root/run/*
    mkdir -p "$work"/root/var/cache/apt/archives/partial "$work"/root/var/log/apt "$work"/root/var/lib/apt/lists/partial
    tar -C "$work/root" --sort=name --numeric-owner -cf "$work/image.tar" .
    mv "$work/image.tar" "$tar"
    rm -rf --one-file-system "$work"
    trap - EXIT
}

# debian_settings ROOT: those of the original image, and what it takes to reach the network from this machine.
debian_settings() {
    local it=$1 apt=$1/etc/apt
    cat >"$it/etc/dpkg/dpkg.cfg.d/docker" <<'CONF'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/locale/*
force-unsafe-io
CONF
    # Dockerfiles that keep packages in a cache mount remove this file, so it has to be there.
    cat >"$apt/apt.conf.d/docker-clean" <<'CONF'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
CONF
    cat >"$apt/apt.conf.d/docker-slim" <<'CONF'
Acquire::GzipIndexes "true";
Acquire::Languages "none";
Apt::AutoRemove::SuggestsImportant "false";
CONF
    # The originals have the public mirror; these are the machine's, with its way to reach them.
    rm -f "$apt"/sources.list.d/*
    machine_sources bookworm >"$apt/sources.list"
    {
        machine_apt_settings
        # A private mirror's copy may be older than its promise. Signatures are still checked.
        echo 'Acquire::Check-Valid-Until "false";'
    } >"$apt/apt.conf.d/machine"
    # The machine may reach registries through an authority of its own. The second folder makes it last when an
    # image installs ca-certificates.
    if [[ -s /etc/ssl/certs/ca-certificates.crt ]]; then
        mkdir -p "$it/etc/ssl/certs" "$it/usr/local/share/ca-certificates"
        cp -L /etc/ssl/certs/ca-certificates.crt "$it/etc/ssl/certs/"
        cp -L /usr/local/share/ca-certificates/*.crt "$it/usr/local/share/ca-certificates/" 2>/dev/null || true
    fi
}

# build_busybox TAR: Debian's static busybox under all of its names.
build_busybox() {
    local tar=$1 work it applet
    rm -rf --one-file-system "$home"/images/work.*
    work=$(mktemp -d "$home/images/work.XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf --one-file-system '$work'" EXIT
    it=$work/root
    fetch_debs "$work/debs" bookworm busybox-static
    mkdir -p "$it"/{bin,dev,etc,home,proc,root,sys,tmp,usr/bin,usr/sbin,var/tmp} "$work/deb"
    ln -s bin "$it/sbin"
    chmod 755 "$it"
    chmod 700 "$it/root"
    chmod 1777 "$it/tmp" "$it/var/tmp"
    dpkg-deb -x "$work"/debs/busybox-static_*.deb "$work/deb"
    cp "$(find "$work/deb" -name busybox -type f -perm -u+x)" "$it/bin/busybox"
    "$it/bin/busybox" --list | while read -r applet; do
        [[ $applet == busybox ]] || ln -s busybox "$it/bin/$applet"
    done
    ln -s /bin/env "$it/usr/bin/env"
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n' >"$it/etc/passwd"
    printf 'root:x:0:\nnobody:x:65534:\n' >"$it/etc/group"
    tar -C "$it" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf "$work/image.tar" .
    mv "$work/image.tar" "$tar"
    rm -rf "$work"
    trap - EXIT
}
