//! Opening the window on a display.

use super::failure::{Failure, Outcome};
use super::{App, log};
use crate::store::Paths;

/// Opens the window and stays until it closes.
pub(super) fn open(paths: &Paths, verbose: u8) -> Outcome {
    if !has_display() {
        let hint = "Without a window, use `switchboard ask` or `switchboard serve` (see `switchboard --help`)";
        return Err(Failure::usage("there is no display to open a window on", hint));
    }
    let created = paths.create();
    log::to_files(&paths.log_dir, verbose);
    if let Err(error) = created {
        // The window opens all the same, keeps what it can in memory, and says so.
        tracing::warn!(%error, "no folder for the files");
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "started");
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Switchboard")
            .with_app_id("switchboard")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([480.0, 360.0]),
        renderer: eframe::Renderer::Glow,
        persistence_path: Some(paths.window_file()),
        ..eframe::NativeOptions::default()
    };
    let paths = paths.clone();
    let opened = eframe::run_native(
        "Switchboard",
        options,
        Box::new(move |creation| Ok(Box::new(App::new(&creation.egui_ctx, &paths)?))),
    );
    opened.map_err(|error| {
        Failure::usage(
            format!("the window could not be opened: {error}"),
            "Without a window, use `switchboard ask` or `switchboard serve` (see `switchboard --help`)",
        )
    })
}

/// Whether a window can be opened at all. Only X11 and Wayland can be absent.
fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(all(unix, not(target_os = "macos")))) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
