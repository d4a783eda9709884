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
    write(path, "template.yaml", template.replace("description: ", "description: Mine. "));
    let again = run(path, &["bots", "import", "template.yaml"]);
    assert!(out(&again).contains("is imported as meeting-notes-2"), "{}", out(&again));
    assert!(err(&again).contains("another bot has the id meeting-notes"), "{}", err(&again));
    let shown = json(path, &["bots", "show", "meeting-notes-2", "--json"]);
    assert_eq!(shown["base"]["id"], "meeting-notes");
    let third = run(path, &["bots", "import", "template.yaml"]);
    assert_eq!(
        out(&third),
        format!("{} is there already as meeting-notes-2\n", shown["name"].as_str().unwrap())
    );
}

/// The ids of the user's own bots.
fn own(folder: &Path) -> Vec<String> {
    let all = json(folder, &["bots", "list", "--archived", "--json"]);
    let own = all.as_array().unwrap().iter().filter(|bot| bot["origin"] == "own");
    own.map(|bot| bot["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_bot_that_is_there_already_is_said_to_be_and_not_copied() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let template = out(&run(path, &["bots", "export", "meeting-notes"]));
    write(path, "template.yaml", template);
    let imported = run(path, &["bots", "import", "template.yaml"]);
    assert!(imported.status.success(), "{}", err(&imported));
    assert!(out(&imported).ends_with(" is there already as meeting-notes\n"), "{}", out(&imported));
    assert_eq!(own(path), Vec::<String>::new());
    write(path, "bot.yaml", BOT);
    run(path, &["bots", "import", "bot.yaml"]);
    let again = run(path, &["bots", "import", "bot.yaml"]);
    assert!(again.status.success(), "{}", err(&again));
    assert_eq!(out(&again), "Notes of mine is there already as notes-of-mine\n");
    assert_eq!(own(path), ["notes-of-mine"]);
}

#[test]
fn another_bot_of_an_own_ones_id_updates_it_aloud_or_becomes_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(path, "bot.yaml", BOT);
    run(path, &["bots", "import", "bot.yaml"]);
    write(path, "changed.yaml", BOT.replace("Keep them short", "Keep them long"));
    let copied = run(path, &["bots", "import", "--copy", "changed.yaml"]);
    assert!(out(&copied).contains("is imported as notes-of-mine-2"), "{}", out(&copied));
    let twice = run(path, &["bots", "import", "--copy", "changed.yaml"]);
    assert!(out(&twice).contains("is there already as notes-of-mine-2"), "{}", out(&twice));
    assert_eq!(json(path, &["bots", "show", "notes-of-mine", "--json"])["version"], "1.0");
    let updated = run(path, &["bots", "import", "changed.yaml"]);
    let said = out(&updated);
    assert!(said.contains("Updates your bot notes-of-mine: version 1.0 → 1.1"), "{said}");
    assert!(err(&updated).contains("--copy"), "{}", err(&updated));
    let shown = json(path, &["bots", "show", "notes-of-mine", "--json"]);
    assert!(shown["bot"]["instructions"].as_str().unwrap().contains("long"), "{shown}");
    assert_eq!(own(path), ["notes-of-mine", "notes-of-mine-2"]);
}

#[test]
fn one_id_in_two_files_is_named_and_the_first_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(path, "a.yaml", BOT);
    write(path, "b.yaml", BOT.replace("Keep them short", "Keep them long"));
    write(path, "c.yaml", BOT);
    let checked = run(path, &["bots", "validate", "a.yaml", "b.yaml", "c.yaml"]);
    assert_eq!(checked.status.code(), Some(1));
    assert_eq!(
        out(&checked),
        "a.yaml: 1 bot, nothing wrong\n\
         b.yaml: id: \"notes-of-mine\" is the id of a bot in a.yaml too\n\
         c.yaml: id: \"notes-of-mine\" is the id of a bot in a.yaml too; it is the very same bot\n"
    );
    assert!(err(&checked).contains("2 problems in 2 of 3 files"), "{}", err(&checked));
    let imported = run(path, &["bots", "import", "a.yaml", "b.yaml", "c.yaml"]);
    assert_eq!(imported.status.code(), Some(1));
    let said = out(&imported);
    assert!(
        said.contains("b.yaml: notes-of-mine is skipped: a bot in a.yaml has this id"),
        "{said}"
    );
    let same = "c.yaml: notes-of-mine is skipped: it is the very same bot as in a.yaml";
    assert!(said.contains(same), "{said}");
    assert!(err(&imported).contains("1 bot skipped; 1 bot imported"), "{}", err(&imported));
    assert_eq!(own(path), ["notes-of-mine"]);
    let shown = out(&run(path, &["bots", "export", "notes-of-mine"]));
    assert_eq!(shown, BOT);
    let twins = run(path, &["bots", "import", "a.yaml", "c.yaml"]);
    assert!(twins.status.success(), "{}", err(&twins));
}

#[test]
fn validate_and_import_speak_json() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(path, "bot.yaml", BOT.replace("Keep them", "No <script> tags, and keep them"));
    write(path, "wrong.yaml", BOT.replace("category", "categry"));
    let read = |args: &[&str]| {
        let output = run(path, args);
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), value)
    };
    let (code, checked) = read(&["bots", "validate", "--json", "bot.yaml", "wrong.yaml"]);
    assert_eq!(code, Some(2));
    assert_eq!(checked["bots"][0]["id"], "notes-of-mine");
    assert_eq!(checked["bots"][0]["warnings"].as_array().unwrap().len(), 1, "{checked}");
    let problem = &checked["problems"][0];
    assert_eq!((&problem["source"], &problem["line"]), (&"wrong.yaml".into(), &5.into()));
    assert_eq!(problem["field"], "categry");
    let import = ["bots", "import", "--json", "--grant", "read_file", "bot.yaml"];
    let (code, imported) = read(&import);
    assert_eq!(code, Some(0));
    let bot = &imported["bots"][0];
    assert_eq!((&bot["result"], &bot["version"]), (&"imported".into(), &"1.0".into()));
    assert_eq!(bot["granted"], serde_json::json!(["read_file"]));
    assert_eq!(read(&import).1["bots"][0]["result"], "there");
    write(path, "bot.yaml", BOT);
    let (_, updated) = read(&import);
    let bot = &updated["bots"][0];
    assert_eq!((&bot["result"], &bot["from_version"]), (&"updated".into(), &"1.0".into()));
    let (code, failed) = read(&["bots", "import", "--json", "wrong.yaml"]);
    assert_eq!((code, failed["problems"].as_array().unwrap().len()), (Some(2), 1));
}

#[test]
fn an_export_writes_over_nothing_and_says_what_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let export = ["bots", "export", "meeting-notes", "--format", "openai", "-o", "a.json"];
    let exported = run(path, &export);
    assert!(exported.status.success(), "{}", err(&exported));
    assert!(
        err(&exported).contains("note: an assistant has no place for its"),
        "{}",
        err(&exported)
    );
    write(path, "a.json", "mine");
    let refused = run(path, &export);
    assert_eq!(refused.status.code(), Some(2));
    assert!(err(&refused).contains("a.json is there already"), "{}", err(&refused));
    assert!(err(&refused).contains("--force"), "{}", err(&refused));
    assert_eq!(std::fs::read_to_string(path.join("a.json")).unwrap(), "mine");
    assert!(run(path, &[&export[..], &["--force"]].concat()).status.success());
    assert!(std::fs::read_to_string(path.join("a.json")).unwrap().contains("instructions"));
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
