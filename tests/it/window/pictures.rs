//! Pictures of the whole window in `tests/snapshots`, 1280 × 800, dark and light.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test --test it pictures` draws them anew. Without a graphics driver
//! they are left out.

mod bots;
pub(super) mod scene;
mod servers;

use std::io::Write;
use std::path::Path;

use eframe::egui_wgpu::wgpu::Backends;
use egui::Key;
use egui_kittest::wgpu::default_wgpu_setup;
use egui_kittest::{SnapshotOptions, try_image_snapshot_options};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};

use self::scene::{CHAT, Scene};
use crate::support::{Script, Signal, Window, delta, failure, sse_without_done, thinking};

/// How much a pixel may differ, and how many may differ more: drivers round differently.
const THRESHOLD: f32 = 1.0;
const OTHER_PIXELS: usize = 40;

/// Draws a scene in both themes. `act` brings the window to what the picture shows.
fn picture(name: &str, scene: impl Fn(&str) -> Scene, act: impl Fn(&mut Window, &Scene)) {
    if !has_driver() {
        let said = writeln!(std::io::stderr(), "left out: no graphics driver for {name}");
        assert!(said.is_ok());
        return;
    }
    for theme in ["dark", "light"] {
        let scene = scene(theme);
        let mut window = scene.place.open_still();
        act(&mut window, &scene);
        window.harness.remove_cursor();
        window.settle();
        let image = window.harness.render().unwrap();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots");
        let options = SnapshotOptions::new()
            .threshold(THRESHOLD)
            .max_failed_pixels(OTHER_PIXELS)
            .output_path(folder);
        let compared = try_image_snapshot_options(&image, format!("{name}-{theme}"), &options);
        compared.unwrap_or_else(|error| panic!("{error}"));
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            save_small(&Path::new(folder).join(format!("{name}-{theme}.png")));
        }
    }
}

/// Writes a picture again, as small as it gets.
fn save_small(file: &Path) {
    let image = image::open(file).unwrap().to_rgb8();
    let mut bytes = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
    image.write_with_encoder(encoder).unwrap();
    std::fs::write(file, bytes).unwrap();
}

/// Whether anything can draw here. Asking does not panic; making a renderer would.
fn has_driver() -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let instance = default_wgpu_setup().new_instance().await;
        !instance.enumerate_adapters(Backends::all()).await.is_empty()
    })
}

/// Opens the chat, and waits until its code has its colours.
fn open_chat(window: &mut Window, scene: &Scene) {
    window.click(CHAT);
    window.until_sees("With jitter");
    let keyword = scene.palette.syntax_keyword;
    window.until("the colours of the code", |window| window.paints(keyword));
}

#[test]
fn welcome() {
    picture("welcome", Scene::first_start, |_, _| {});
}

#[test]
fn chat() {
    picture("chat", Scene::providers, open_chat);
}

#[test]
fn picker() {
    picture("picker", Scene::providers, |window, scene| {
        open_chat(window, scene);
        window.ctrl(Key::M);
        window.type_text("son");
    });
}

/// The models that take no pictures are grey and say so; the choice is for the default.
#[test]
fn picker_greyed() {
    picture("picker-greyed", Scene::providers, |window, scene| {
        open_chat(window, scene);
        let pixels = [scene.palette.accent, scene.palette.warn].repeat(8 * 8);
        let picture = egui::ColorImage::new([16, 8], pixels);
        window.harness.event(egui::Event::PasteImage(std::sync::Arc::new(picture)));
        window.until_sees("Thumbnail of Pasted picture");
        window.ctrl(Key::M);
        window.press(Key::Tab);
        window.press(Key::Tab);
    });
}

#[test]
fn compare_choice() {
    picture("picker-compare", Scene::providers, |window, scene| {
        open_chat(window, scene);
        window.click("Compare");
        window.type_text("son");
        window.press(Key::Enter);
        window.press(Key::ArrowDown);
        window.press(Key::Enter);
    });
}

#[test]
fn parameters() {
    picture("parameters", Scene::providers, |window, scene| {
        open_chat(window, scene);
        window.click("Effort: Medium");
        window.click("High");
        window.fill("Temperature", "3");
        window.fill("System prompt", "You review Rust code. Be brief.");
    });
}

#[test]
fn settings() {
    picture("settings", Scene::providers, |window, _| {
        window.ctrl(Key::Comma);
        window.click("More for Workshop");
        window.click("Test");
        window.until_sees("not reachable");
        window.click("More for Workshop");
        window.click("Edit…");
    });
}

#[test]
fn usage() {
    picture("usage", Scene::usage, |window, _| {
        window.run_command("usage and budget");
        window.until_sees("By chat");
    });
}

#[test]
fn answer_in_progress() {
    picture("progress", Scene::chats, |window, scene| {
        let events = [
            thinking("The delay grows without a bound."),
            delta("Yes: `delay` doubles for ever. Cap it **before** the jitter, so that\n\n"),
            delta("- the longest wait is known,\n- and the clients still spread\n\n"),
            delta("The smallest change"),
        ];
        let script = Script::stream().bytes(sse_without_done(&events));
        scene.place.server.push(script.wait(&Signal::new()));
        open_chat(window, scene);
        window.send("Is the cap applied to every attempt?");
        window.until_sees("The smallest change");
        window.send("And write a test for it.");
        window.until_sees("Waiting");
    });
}

#[test]
fn error_card() {
    picture("error", Scene::chats, |window, scene| {
        let refusal = failure("invalid_api_key", "No auth credentials found");
        scene.place.server.push(Script::json(401, &refusal));
        open_chat(window, scene);
        window.ask("Is the cap applied to every attempt?");
        window.until_sees("The key was not accepted");
    });
}

#[test]
fn answers_side_by_side() {
    picture("compare", Scene::compared, |window, scene| {
        let words = delta(
            "Keep the delay fixed at one second and add jitter only when the server asks for",
        );
        let script = Script::stream().bytes(sse_without_done(&[words]));
        scene.place.server.push(script.wait(&Signal::new()));
        window.click(CHAT);
        window.until_sees("Decorrelated jitter");
        window.click("Regenerate the answer of qwen3:8b");
        window.until_sees("Keep the delay fixed");
    });
}

#[test]
fn a_chat_that_is_too_long() {
    picture("toolong", Scene::too_long, |window, _| {
        window.click(CHAT);
        window.until_sees("Leave out the oldest");
    });
}

#[test]
fn a_summarised_start() {
    picture("summarised", Scene::summarised, |window, _| {
        window.click(CHAT);
        window.until_sees("Count a link as good");
        window.click("Summary");
        window.until_sees("They settled on");
    });
}
