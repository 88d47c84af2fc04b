//! What a directory lies on: whether its file system tells of what others write there.

use std::path::Path;

/// What is known beforehand of the events of a directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Medium {
    /// Every write goes through this machine's kernel, which tells of it.
    Local,
    /// Others may write, and nobody tells.
    Remote,
    /// No one knows until an event comes.
    Unknown,
}

/// The numbers of statfs(2), from `linux/magic.h` and the file systems' own sources: NFS, SMB, SMB2,
/// CIFS, FUSE (virtiofs too), 9p, Ceph, AFS, Coda, Lustre, GPFS, `BeeGFS`, OCFS2, GFS2, the shared
/// folders of `VirtualBox` and `VMware`.
#[cfg(target_os = "linux")]
const REMOTE: [u32; 16] = [
    0x6969,
    0x517b,
    0xfe53_4d42,
    0xff53_4d42,
    0x6573_5546,
    0x0102_1997,
    0x00c3_6400,
    0x5346_414f,
    0x7375_7245,
    0x0bd0_0bd0,
    0x4750_4653,
    0x1983_0326,
    0x7461_636f,
    0x0116_1970,
    0x786f_4256,
    0xbacb_acbc,
];

/// ext2 to ext4, XFS, Btrfs, tmpfs, ramfs, F2FS, ZFS, bcachefs, JFS, `ReiserFS`.
#[cfg(target_os = "linux")]
const LOCAL: [u32; 10] = [
    0xef53,
    0x5846_5342,
    0x9123_683e,
    0x0102_1994,
    0x8584_58f6,
    0xf2f5_2010,
    0x2fc1_2fc1,
    0xca45_1a4e,
    0x3153_464a,
    0x5265_4973,
];

#[cfg(target_os = "linux")]
const OVERLAY: u32 = 0x794c_7630;

/// What `path` lies on.
#[cfg(target_os = "linux")]
pub(super) fn medium(path: &Path) -> Medium {
    match kind(path) {
        Some(OVERLAY) => {
            let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
            of_layers(layers(&mounts, path).into_iter().map(|layer| kind(Path::new(&layer))))
        }
        kind => of_kind(kind),
    }
}

/// The system tells of files that come and go only: <https://docs.rs/notify> on macOS, 8.2.
#[cfg(not(target_os = "linux"))]
pub(super) fn medium(_: &Path) -> Medium {
    if cfg!(target_os = "macos") { Medium::Remote } else { Medium::Unknown }
}

#[cfg(target_os = "linux")]
fn kind(path: &Path) -> Option<u32> {
    // The numbers have 32 bits, whatever the type that this architecture has for them.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    rustix::fs::statfs(path).ok().map(|stat| stat.f_type as u32)
}

#[cfg(target_os = "linux")]
fn of_kind(kind: Option<u32>) -> Medium {
    match kind {
        Some(kind) if REMOTE.contains(&kind) => Medium::Remote,
        Some(kind) if LOCAL.contains(&kind) => Medium::Local,
        _ => Medium::Unknown,
    }
}

/// An overlay tells of what is written through it. What others write into a layer of it, it cannot
/// know. In a container the layers are mostly out of sight.
#[cfg(target_os = "linux")]
fn of_layers(layers: impl Iterator<Item = Option<u32>>) -> Medium {
    let is_remote = |kind: Option<u32>| of_kind(kind) == Medium::Remote;
    if layers.into_iter().any(is_remote) { Medium::Remote } else { Medium::Local }
}

/// The layers of the overlay that `path` lies on, as `/proc/self/mountinfo` (proc(5)) has them.
#[cfg(target_os = "linux")]
fn layers(mounts: &str, path: &Path) -> Vec<String> {
    let overlay = |line: &str| -> Option<(usize, String)> {
        let (own, kind) = line.split_once(" - ")?;
        let at = own.split(' ').nth(4)?;
        let is_overlay = kind.starts_with("overlay ") && path.starts_with(at);
        is_overlay.then(|| (at.len(), kind.to_owned()))
    };
    // The innermost mount is the one that counts; of two at one place, the later.
    let Some((_, options)) = mounts.lines().filter_map(overlay).max_by_key(|(len, _)| *len) else {
        return Vec::new();
    };
    let layer = |option: &str| {
        let dirs = option.strip_prefix("upperdir=").or_else(|| option.strip_prefix("lowerdir="))?;
        Some(dirs.split(':').map(str::to_owned).collect::<Vec<_>>())
    };
    options.rsplit(' ').next().unwrap_or_default().split(',').filter_map(layer).flatten().collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_layers_of_an_overlay_are_those_of_the_innermost_mount() {
        let mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                      40 22 0:50 / /data rw shared:1 - overlay overlay rw,lowerdir=/a:/b,upperdir=/c,workdir=/w\n\
                      41 40 0:51 / /data/in rw - overlay none rw,lowerdir=/nfs,upperdir=/d,workdir=/x\n";
        assert_eq!(layers(mounts, Path::new("/data/log")), ["/a", "/b", "/c"]);
        assert_eq!(layers(mounts, Path::new("/data/in/log")), ["/nfs", "/d"]);
        assert_eq!(layers(mounts, Path::new("/var/log")), [""; 0]);
    }

    #[test]
    fn an_overlay_of_a_remote_file_system_is_remote() {
        assert_eq!(of_layers([Some(0xef53), Some(0x6969)].into_iter()), Medium::Remote);
        assert_eq!(of_layers([Some(0xef53), None].into_iter()), Medium::Local);
        assert_eq!(of_kind(Some(0x6573_5546)), Medium::Remote);
        assert_eq!(of_kind(Some(0x1234)), Medium::Unknown);
        assert_eq!(of_kind(None), Medium::Unknown);
    }
}
