//! Watches a file that editors write or replace. Nothing polls: without a change nothing runs.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Config, Event, EventKind, EventKindMask, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// How long a file must rest before it is read: editors write in several steps.
const QUIET: Duration = Duration::from_millis(200);

/// A file that never rests is read after this time.
const LONGEST: Duration = Duration::from_secs(2);

/// A file that is watched, for as long as this lives.
pub(super) struct Watch {
    _watcher: RecommendedWatcher,
    settled: mpsc::Receiver<()>,
    _settling: AbortOnDropHandle<()>,
}

impl Watch {
    /// Begins to watch. The folder is what is watched: editors replace files by renaming others,
    /// and a file that is not there yet has a folder.
    pub(super) async fn start(file: &Path) -> notify::Result<Self> {
        let changed = Arc::new(Notify::new());
        let (folder, name) = (file.parent().map(Path::to_owned), file.file_name());
        let (Some(folder), Some(name)) = (folder, name.map(ToOwned::to_owned)) else {
            return Err(notify::Error::path_not_found());
        };
        let noted = changed.clone();
        // The watcher has a thread of its own and answers from there.
        let watch = move || {
            let note = move |event: notify::Result<Event>| {
                if may_concern(&event, &name) {
                    noted.notify_one();
                }
            };
            let config = Config::default().with_event_kinds(kinds());
            let mut watcher = RecommendedWatcher::new(note, config)?;
            watcher.watch(&folder, RecursiveMode::NonRecursive)?;
            notify::Result::Ok(watcher)
        };
        let watcher = tokio::task::spawn_blocking(watch)
            .await
            .map_err(|error| notify::Error::generic(&error.to_string()))??;
        let (settled_sender, settled) = mpsc::channel(1);
        let settling = tokio::spawn(settle(changed, settled_sender));
        Ok(Self { _watcher: watcher, settled, _settling: AbortOnDropHandle::new(settling) })
    }
}

/// What is watched for. The database may lie in the same folder, and each of its writes would wake
/// the watcher; where the system tells of a written file that is closed, that is enough.
fn kinds() -> EventKindMask {
    let replaced = EventKindMask::CREATE | EventKindMask::REMOVE | EventKindMask::MODIFY_NAME;
    if cfg!(target_os = "linux") {
        replaced | EventKindMask::ACCESS_CLOSE
    } else {
        replaced | EventKindMask::MODIFY_DATA
    }
}

/// Waits until the file was changed and rests; for ever where none is watched. May be dropped and
/// asked again at any time.
pub(super) async fn changed(watch: &mut Option<Watch>) {
    let settled = match watch {
        Some(watch) => watch.settled.recv().await,
        None => None,
    };
    if settled.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Whether something may have happened to what the file holds. That it was read is nothing: we do
/// so ourselves.
fn may_concern(event: &notify::Result<Event>, name: &OsStr) -> bool {
    let Ok(event) = event else { return true };
    let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
    let changes = !event.kind.is_access() || event.kind == written;
    let mut names = event.paths.iter().filter_map(|path| path.file_name());
    event.need_rescan() || (changes && names.any(|other| other.eq_ignore_ascii_case(name)))
}

/// Passes a change on as soon as no other follows it.
async fn settle(changed: Arc<Notify>, settled: mpsc::Sender<()>) {
    loop {
        changed.notified().await;
        let last = Instant::now() + LONGEST;
        loop {
            let rest = (Instant::now() + QUIET).min(last);
            let more = tokio::time::timeout_at(rest, changed.notified()).await;
            if more.is_err() || Instant::now() >= last {
                break;
            }
        }
        if settled.send(()).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_that_is_not_there_cannot_be_watched() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gone/personas.yaml");
        assert!(Watch::start(&file).await.is_err());
        assert!(Watch::start(&folder.path().join("personas.yaml")).await.is_ok());
    }

    #[test]
    fn only_what_changes_the_file_counts() {
        let name = OsStr::new("personas.yaml");
        let event =
            |kind, name: &str| Ok(Event::new(kind).add_path(Path::new("/config").join(name)));
        let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
        let opened = EventKind::Access(AccessKind::Open(AccessMode::Any));
        let modified = EventKind::Modify(notify::event::ModifyKind::Any);
        assert!(may_concern(&event(written, "personas.yaml"), name));
        assert!(may_concern(&event(modified, "personas.yaml"), name));
        assert!(!may_concern(&event(opened, "personas.yaml"), name), "we read it ourselves");
        assert!(!may_concern(&event(modified, "switchboard.db-wal"), name));
    }

    /// The time stands still but for the waiting.
    #[tokio::test(start_paused = true)]
    async fn many_changes_in_a_row_are_one_and_no_end_of_them_is_no_end() {
        let changed = Arc::new(Notify::new());
        let (sender, mut settled) = mpsc::channel(1);
        let _settling = AbortOnDropHandle::new(tokio::spawn(settle(changed.clone(), sender)));
        let begin = Instant::now();
        for _ in 0..5 {
            changed.notify_one();
            tokio::time::sleep(QUIET / 2).await;
        }
        settled.recv().await.unwrap();
        assert!(begin.elapsed() >= QUIET * 3, "{:?}", begin.elapsed());
        assert!(settled.try_recv().is_err(), "told once");

        let begin = Instant::now();
        loop {
            changed.notify_one();
            tokio::select! {
                _ = settled.recv() => break,
                () = tokio::time::sleep(QUIET / 2) => {}
            }
        }
        assert!(begin.elapsed() <= LONGEST + QUIET, "{:?}", begin.elapsed());
    }
}
