//! Bots from a shell: listed, shown, checked, imported, exported.

use std::path::Path;

use serde_json::Value;

use super::{err, out, run, run_with_input};

const BOT: &str = "id: notes-of-mine
version: \"1.0\"
name: Notes of mine
description: Writes notes.
category: productivity
icon: letter
color: indigo
instructions: |
  Write notes.
  Keep them short.
tools:
  - name: read_file
    reason: To read the transcript
  - name: search_web
    reason: To look up names
";

fn json(folder: &Path, args: &[&str]) -> Value {
    let output = run(folder, args);
    assert!(output.status.success(), "{}", err(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
    std::fs::write(folder.join(name), text).unwrap();
}

fn granted(folder: &Path, id: &str) -> Vec<String> {
    let shown = json(folder, &["bots", "show", id, "--json"]);
    let tools = shown["tools"].as_array().unwrap();
    let granted = tools.iter().filter(|tool| tool["granted"] == true);
    granted.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn templates_are_listed_and_shown_without_anything_set_up() {
    let folder = tempfile::tempdir().unwrap();
    let all = json(folder.path(), &["bots", "list", "--json"]);
    assert!(all.as_array().unwrap().len() >= 84, "{all}");
    let rooms = json(folder.path(), &["bots", "list", "--category", "rooms", "--json"]);
    let rooms = rooms.as_array().unwrap();
    assert!(rooms.len() >= 12 && rooms.iter().all(|bot| bot["room"] == true));
    let coding = out(&run(folder.path(), &["bots", "list", "--category", "coding"]));
    assert!(coding.lines().all(|line| line.contains(" coding ")), "{coding}");
    let shown = out(&run(folder.path(), &["bots", "show", "meeting-notes"]));
    for part in ["# Meeting", "ships with Switchboard", "## What it is told", "## To begin with"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let room = out(&run(folder.path(), &["bots", "show", "debate"]));
    assert!(room.contains("## Who takes part") && room.contains("(@"), "{room}");
}

#[test]
fn what_is_not_there_is_said_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let table: &[(&[&str], &str)] = &[
        (&["bots", "show", "meeting-nots"], "did you mean meeting-notes?"),
        (&["bots", "export", "zzzzzz"], "there is no bot \"zzzzzz\""),
        (&["bots", "list", "--category", "cooking"], "there is productivity, coding"),
        (&["bots", "import", "x.yaml", "--grant", "hammer"], "there is list_files, read_file"),
        (&["bots", "validate"], "FILE"),
        (&["bots", "export", "debate", "--format", "card-v2"], "room of several bots"),
    ];
    for (args, expected) in table {
        let output = run(folder.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(err(&output).contains(expected), "{args:?}: {}", err(&output));
    }
}

#[test]
fn validate_names_file_line_column_and_field() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "good.yaml", BOT);
    let wrong = BOT.replace("category", "categry").replace("read_file", "read_files");
    write(folder.path(), "wrong.yaml", wrong);
    write(folder.path(), "tool.yaml", BOT.replace("read_file", "read_files"));
    let good = run(folder.path(), &["bots", "validate", "good.yaml"]);
    assert!(good.status.success());
    assert_eq!(out(&good), "good.yaml: 1 bot, nothing wrong\n");
    let args = ["bots", "validate", "good.yaml", "wrong.yaml", "tool.yaml", "none.yaml", "."];
    let bad = run(folder.path(), &args);
    assert_eq!(bad.status.code(), Some(2));
    let said = out(&bad);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "good.yaml: 1 bot, nothing wrong");
    assert_eq!(
        lines[1],
        "wrong.yaml:5:1: categry: there is no field \"categry\" here; did you mean \"category\"?"
    );
    assert_eq!(
        lines[2],
        "tool.yaml:12:11: tools[0].name: there is no tool \"read_files\"; did you mean \"read_file\"?"
    );
    assert!(lines[3].starts_with("none.yaml: the file could not be read"), "{said}");
    assert_eq!(lines[4], ".: this is a folder; name the files in it");
    assert!(err(&bad).contains("4 problems in 4 of 5 files"), "{}", err(&bad));
    // Nothing of it is kept.
    assert!(!folder.path().join("switchboard.db").exists());
}

#[test]
fn an_import_grants_no_tool_that_nobody_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(path, "bot.yaml", BOT);
    let imported = run(path, &["bots", "import", "bot.yaml"]);
    assert!(imported.status.success(), "{}", err(&imported));
    let said = out(&imported);
    assert!(said.contains("asks for read_file (Reads a file of a folder"), "{said}");
    assert!(said.contains("To look up names"), "{said}");
    assert!(said.contains("Notes of mine is imported as notes-of-mine, version 1.0"), "{said}");
    let noted = err(&imported);
    assert!(noted.contains("may not use read_file, search_web; --grant TOOL"), "{noted}");
    assert_eq!(granted(path, "notes-of-mine"), Vec::<String>::new());
    assert!(run(path, &["bots", "import", "bot.yaml", "--grant", "read_file"]).status.success());
    assert_eq!(granted(path, "notes-of-mine"), ["read_file"]);
    assert!(run(path, &["bots", "import", "bot.yaml", "--yes-tools"]).status.success());
    assert_eq!(granted(path, "notes-of-mine"), ["read_file", "search_web"]);
    // The same bot again is no other one.
    let own = json(path, &["bots", "list", "--json"]);
    let own = own.as_array().unwrap().iter().filter(|bot| bot["origin"] == "own");
    assert_eq!(own.count(), 1);
}

#[test]
fn an_import_keeps_what_is_right_and_says_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let wrong = BOT.replace("id: notes", "id: other").replace("name: Notes", "name: []\n#");
    write(path, "two.yaml", format!("{BOT}---\n{wrong}"));
    let imported = run(path, &["bots", "import", "two.yaml"]);
    assert_eq!(imported.status.code(), Some(2));
    assert!(out(&imported).contains("two.yaml:19:7: name: must be text, but is a list"));
    assert!(err(&imported).contains("1 problem; 1 bot imported"), "{}", err(&imported));
    // A template stays what it is: its id is taken.
    let template = out(&run(path, &["bots", "export", "meeting-notes"]));
    write(path, "template.yaml", template);
    let again = run(path, &["bots", "import", "template.yaml"]);
    assert!(out(&again).contains("is imported as meeting-notes-2"), "{}", out(&again));
    assert!(err(&again).contains("another bot has the id meeting-notes"), "{}", err(&again));
    let shown = json(path, &["bots", "show", "meeting-notes-2", "--json"]);
    assert_eq!(shown["base"]["id"], "meeting-notes");
}

#[test]
fn what_is_exported_is_imported_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(path, "bot.yaml", BOT);
    assert!(run(path, &["bots", "import", "bot.yaml", "--yes-tools"]).status.success());
    assert_eq!(out(&run(path, &["bots", "export", "notes-of-mine"])), BOT);
    for format in ["yaml", "block", "card-v2", "card-v3", "card-png"] {
        let other = tempfile::tempdir().unwrap();
        let exported = run(path, &["bots", "export", "notes-of-mine", "--format", format]);
        assert!(exported.status.success(), "{}", err(&exported));
        let imported =
            run_with_input(other.path(), &["bots", "import", "-"], exported.stdout.as_slice());
        assert!(imported.status.success(), "{format}: {}", err(&imported));
        assert_eq!(out(&run(other.path(), &["bots", "export", "notes-of-mine"])), BOT, "{format}");
    }
    let to =
        run(path, &["bots", "export", "notes-of-mine", "--format", "openai", "--output", "a.json"]);
    assert_eq!(out(&to), "Notes of mine is in a.json\n");
    let assistant: Value =
        serde_json::from_slice(&std::fs::read(path.join("a.json")).unwrap()).unwrap();
    assert_eq!(assistant["instructions"], "Write notes.\nKeep them short.\n");
}

#[test]
fn personas_stand_beside_the_others_and_their_mistakes_are_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let indented: String = BOT.lines().skip(1).map(|line| format!("    {line}\n")).collect();
    let entry = |id: &str| format!("  - id: {id}\n{indented}");
    let wrong = "  - id: broken\n    nme: X\n";
    write(path, "personas.yaml", format!("personas:\n{}{wrong}", entry("mine")));
    let listed = run(path, &["bots", "list"]);
    assert!(out(&listed).contains("(personas.yaml)"), "{}", out(&listed));
    assert!(err(&listed).contains("personas[1].nme"), "{}", err(&listed));
}
