//! Where the files are.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// The folders of the app: the platform's own, or all under one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Holds `config.toml`, `personas.yaml` and `.env`.
    pub config_dir: PathBuf,
    /// Holds the database, the keys file and the window's place.
    pub data_dir: PathBuf,
    /// Holds the logs.
    pub log_dir: PathBuf,
}

/// A folder is missing and cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PathsError {
    /// The platform names no home folder.
    #[error("no home folder is known; name a folder with --data-dir")]
    NoHome,
    /// A folder cannot be made.
    #[error("the folder {} cannot be made: {source}", path.display())]
    NotCreated {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Paths {
    /// The platform's folders, or everything under `root` (`--data-dir`, `SWITCHBOARD_DATA_DIR`).
    /// Nothing is created.
    pub fn find(root: Option<PathBuf>) -> Result<Self, PathsError> {
        match root {
            Some(root) => {
                Ok(Self { config_dir: root.clone(), log_dir: root.join("logs"), data_dir: root })
            }
            None => Self::of_platform(),
        }
    }

    fn of_platform() -> Result<Self, PathsError> {
        let dirs = ProjectDirs::from("", "", "switchboard").ok_or(PathsError::NoHome)?;
        let data_dir = dirs.data_dir().to_owned();
        let config_dir = dirs.config_dir().to_owned();
        Ok(Self { config_dir, log_dir: data_dir.join("logs"), data_dir })
    }

    /// Makes the folders that are missing, for this user only.
    pub fn create(&self) -> Result<(), PathsError> {
        for path in [&self.config_dir, &self.data_dir, &self.log_dir] {
            create_private_dir(path)
                .map_err(|source| PathsError::NotCreated { path: path.clone(), source })?;
        }
        Ok(())
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("switchboard.db")
    }

    /// The settings, for hands and app alike.
    pub fn config_file(&self) -> PathBuf {
        self.config_dir.join("config.toml")
    }

    /// Bots as a plain file, for hands alone.
    pub fn personas_file(&self) -> PathBuf {
        self.config_dir.join("personas.yaml")
    }

    /// Size and place of the window.
    pub fn window_file(&self) -> PathBuf {
        self.data_dir.join("window.ron")
    }

    /// Keys, where there is no keychain.
    pub fn keys_file(&self) -> PathBuf {
        self.data_dir.join("keys.json")
    }

    /// Held by the gateway that serves from here.
    pub fn gateway_lock(&self) -> PathBuf {
        self.data_dir.join("gateway.lock")
    }

    /// Where keys may be set as variables, the nearest first. None of them need exist.
    pub fn env_files(&self) -> Vec<PathBuf> {
        vec![PathBuf::from(".env"), self.config_dir.join(".env")]
    }
}

/// Makes a folder and those above it; new ones are closed to other users.
pub(super) fn create_private_dir(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_lies_under_the_given_folder() {
        let root = tempfile::tempdir().unwrap();
        let paths = Paths::find(Some(root.path().join("new"))).unwrap();
        paths.create().unwrap();
        for file in [paths.database(), paths.config_file(), paths.keys_file(), paths.window_file()]
        {
            assert!(file.starts_with(root.path()), "{file:?}");
            assert!(file.parent().unwrap().is_dir(), "{file:?}");
        }
        assert!(paths.log_dir.is_dir());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = Paths::find(Some(file.join("below"))).unwrap().create().unwrap_err();
        assert!(error.to_string().contains("below"), "{error}");
    }
}
