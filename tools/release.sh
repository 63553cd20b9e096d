#!/bin/sh
# A release in dist/: an archive and a Debian package for each machine, what is in
# them (CycloneDX), and the sums of all. The same commit gives the same bytes:
# release.sh check builds it twice, from two clones in two places, and compares.
#   ARCHS="amd64 arm64" release.sh
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
ARCHS=${ARCHS:-amd64 arm64}
export CGO_ENABLED=0 GOFLAGS=-mod=readonly TZ=UTC LC_ALL=C
umask 022

if [ "${1:-}" = check ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  for n in one two/deeper; do
    git clone -q . "$work/$n"
    (cd "$work/$n" && ARCHS="$ARCHS" GO="$GO" sh tools/release.sh >/dev/null)
  done
  diff "$work/one/dist/SHA256SUMS" "$work/two/deeper/dist/SHA256SUMS"
  echo "ok  	release: two clones give the same bytes"
  cat "$work/one/dist/SHA256SUMS"
  exit 0
fi

test -z "$(git status --porcelain)" || { echo "release: there are changes that are not committed: a release is of a commit" >&2; exit 1; }
# the time of everything in it is that of the commit
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
day=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S)
version=$(git describe --tags --exact-match 2>/dev/null || echo "v0.0.0-$day-$(git rev-parse --short=12 HEAD)")
deb=$(echo "${version#v}" | sed 's/-/~/')
rm -rf dist
mkdir -p dist

for arch in $ARCHS; do
  root=dist/root
  doc=$root/usr/share/doc/truce
  rm -rf "$root"
  mkdir -p "$root/usr/bin" "$root/usr/lib/systemd/system" "$root/usr/lib/sysusers.d" "$root/etc/default" "$doc" "$root/DEBIAN" "$root/usr/share/bash-completion/completions"
  GOOS=linux GOARCH=$arch $GO build -trimpath -buildvcs=false -ldflags="-buildid= -X main.release=$version" -o "$root/usr/bin/truce" ./cmd/truce
  mkdir -p "dist/bin/$arch" dist/data # for packaging/Containerfile
  cp "$root/usr/bin/truce" "dist/bin/$arch/truce"
  name=truce_${deb}_linux_$arch
  GOFLAGS='' $GO tool -modfile=tools/ship/go.mod cyclonedx-gomod bin -json -std -licenses -noserial -notimestamp -output "dist/$name.cdx.json" "$root/usr/bin/truce" 2>/dev/null
  cp packaging/truce.service "$root/usr/lib/systemd/system/truce.service"
  cp packaging/truce.sysusers "$root/usr/lib/sysusers.d/truce.conf"
  cp packaging/truce.default "$root/etc/default/truce"
  cp README.md LICENSE "$doc/"
  mv "$doc/LICENSE" "$doc/copyright"
  gzip -9n <CHANGELOG.md >"$doc/changelog.gz"
  cp -r docs "$doc/docs"
  # what the program itself says of its flags, where this machine can run it
  if [ "$arch" = "$($GO env GOHOSTARCH)" ]; then
    "$root/usr/bin/truce" completion bash >"$root/usr/share/bash-completion/completions/truce"
  else
    rmdir "$root/usr/share/bash-completion/completions" "$root/usr/share/bash-completion"
  fi
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --transform="s,^\.,$name," --exclude=./DEBIAN \
    -C "$root" -cf - . | gzip -9n >"dist/$name.tar.gz"
  for f in postinst prerm postrm; do install -m 755 "packaging/debian/$f" "$root/DEBIAN/$f"; done
  install -m 644 packaging/debian/conffiles "$root/DEBIAN/conffiles"
  sed -e "s/@VERSION@/$deb/" -e "s/@ARCH@/$arch/" -e "s/@SIZE@/$(du -sk --apparent-size "$root/usr" | cut -f1)/" packaging/debian/control >"$root/DEBIAN/control"
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz --build "$root" "dist/truce_${deb}_$arch.deb" >/dev/null
done
rm -rf dist/root
(cd dist && sha256sum ./*.tar.gz ./*.deb ./*.json | sed 's, \./, ,' >SHA256SUMS)
ls -l dist
