//! The bots that ship with the app: one file each, embedded.

use std::collections::HashMap;
use std::path::Path;

use include_dir::{Dir, include_dir};

use super::bot_file;
use crate::protocol::{Bot, BotId, BotProblem};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assets/templates");

/// Reads all of them. Costs what parsing costs; call it off the runtime's workers.
pub fn read() -> (Vec<Bot>, Vec<BotProblem>) {
    read_all(files())
}

/// The files: the path below the folder of templates, and the bytes.
pub fn files() -> impl Iterator<Item = (&'static Path, &'static [u8])> {
    let files = FILES.dirs().flat_map(Dir::files);
    let yaml = files.filter(|file| file.path().extension().is_some_and(|end| end == "yaml"));
    yaml.map(|file| (file.path(), file.contents()))
}

/// One bot a file, named like it, on the shelf that its folder names.
fn read_all<'a>(files: impl Iterator<Item = (&'a Path, &'a [u8])>) -> (Vec<Bot>, Vec<BotProblem>) {
    let (mut bots, mut problems) = (Vec::new(), Vec::new());
    let mut sources: HashMap<BotId, String> = HashMap::new();
    for (path, bytes) in files {
        let source = path.display().to_string();
        let wrong = |field: &str, message: String| BotProblem {
            source: source.clone(),
            line: None,
            column: None,
            field: Some(field.to_owned()),
            message,
        };
        for read in bot_file::read_many(&source, bytes) {
            let bot = match read {
                Ok(bot) => bot,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            let part = |part: Option<&std::ffi::OsStr>| part?.to_str().map(str::to_owned);
            let shelf = part(path.parent().and_then(Path::file_name));
            if let Some(other) = sources.get(&bot.id) {
                problems.push(wrong("id", format!("{:?} is the id of {other} too", bot.id.0)));
            } else if part(path.file_stem()).as_deref() != Some(bot.id.as_str()) {
                let message = format!("{:?} is not the name of the file", bot.id.0);
                problems.push(wrong("id", message));
            } else if shelf.as_deref() != Some(bot.category.as_str()) {
                let message = format!("{:?} is not the folder of the file", bot.category.as_str());
                problems.push(wrong("category", message));
            } else {
                sources.insert(bot.id.clone(), source.clone());
                bots.push(bot);
            }
        }
    }
    (bots, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_that_is_wrong_is_named_and_the_others_are_there() {
        let bot = |id: &str| {
            format!(
                "id: {id}\nversion: \"1.0\"\nname: A\ndescription: B\ncategory: fun\ninstructions: C\n"
            )
        };
        let files = [
            ("fun/a.yaml", bot("a")),
            ("fun/wrong.yaml", bot("wrong").replace("name: A", "nam: A")),
            ("coding/a.yaml", bot("a")),
            ("fun/b.yaml", bot("c")),
            ("coding/d.yaml", bot("d")),
            ("fun/e.yaml", bot("e")),
        ];
        let files = files.iter().map(|(path, text)| (Path::new(path), text.as_bytes()));
        let (bots, problems) = read_all(files);
        let ids: Vec<&str> = bots.iter().map(|bot| bot.id.as_str()).collect();
        assert_eq!(ids, ["a", "e"]);
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "fun/wrong.yaml:3:1: nam: there is no field \"nam\" here; did you mean \"name\"?",
                "coding/a.yaml: id: \"a\" is the id of fun/a.yaml too",
                "fun/b.yaml: id: \"c\" is not the name of the file",
                "coding/d.yaml: category: \"fun\" is not the folder of the file",
            ]
        );
    }
}
