//! What is typed into the editor of bots outlives the window.

use rusqlite::Connection;

use crate::support::{Place, Window};

const BANNER: &str = "Ada has changes that are not saved";

fn type_a_bot(window: &mut Window) {
    window.run_command("New bot");
    window.fill("Name", "Ada");
    window.fill("Instructions", "You count.");
}

/// What the disk holds of the editor, read as another process would.
fn on_disk(place: &Place) -> String {
    let db = Connection::open(place.path("switchboard.db")).unwrap();
    db.query_row("SELECT data FROM bot_edit WHERE n = 0", [], |row| row.get(0)).unwrap_or_default()
}

fn comes_back(window: &mut Window) {
    window.run_command("Gallery");
    window.until_sees(BANNER);
    window.click("Keep editing");
    assert_eq!(window.value("Name"), "Ada");
    assert_eq!(window.value("Instructions"), "You count.");
}

#[test]
fn an_unsaved_bot_is_there_again_after_the_window_was_closed_and_gone_once_discarded() {
    let place = Place::new();
    let mut window = place.open();
    type_a_bot(&mut window);
    drop(window);
    let mut window = place.open();
    comes_back(&mut window);
    window.click("Discard");
    window.click("Discard");
    drop(window);
    assert_eq!(on_disk(&place), "");
}

#[test]
fn an_unsaved_bot_is_on_the_disk_while_it_is_typed() {
    let place = Place::new();
    let mut first = place.open();
    type_a_bot(&mut first);
    first.until("the bot on the disk", |_| on_disk(&place).contains("You count."));
    // Never closed, as where the process is killed: its end saves nothing.
    std::mem::forget(first);
    let mut window = place.open();
    comes_back(&mut window);
}

#[test]
fn what_cannot_be_read_is_left_out_with_a_word_once() {
    let place = Place::new();
    drop(place.open());
    let db = Connection::open(place.path("switchboard.db")).unwrap();
    db.execute("INSERT INTO bot_edit (n, data) VALUES (0, '{')", []).unwrap();
    drop(db);
    let mut window = place.open();
    window.until_sees("Unsaved changes of a bot cannot be read");
    assert!(window.state().editor.is_none());
    drop(window);
    let mut window = place.open();
    window.run_command("Gallery");
    assert!(!window.sees("Unsaved changes of a bot cannot be read"));
}
