//! Databases that are away, overloaded or full, by the codes that each kind has for it.

use sea_orm::sqlx;
use sea_orm::sqlx::error::DatabaseError as _;
use sea_orm::sqlx::mysql::MySqlDatabaseError;
use sea_orm::sqlx::sqlite::SqliteError;
use sea_orm::{DbErr, RuntimeErr};

/// SQLSTATE of a deadlock, at MySQL and at PostgreSQL. SQLite has a single writer and none.
const DEADLOCK: [&str; 2] = ["40001", "40P01"];

/// True if the database refused one of two that waited for each other: what it undid can be done again.
pub fn is_deadlock(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) = error else {
        return false;
    };
    let code = cause.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| DEADLOCK.contains(&code.as_ref()))
}

/// What is the matter with a database that did not so much refuse a statement as could not carry it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Away,
    Full,
}

impl Trouble {
    /// What the caller is told.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Away => "the database cannot be reached or is too busy; try again in a few seconds",
            Self::Full => "the database has no room left: nothing can be changed until there is room on its disk",
        }
    }

    /// Nothing if the statement itself is to blame, or we are.
    pub fn of(error: &DbErr) -> Option<Self> {
        match error {
            DbErr::ConnectionAcquire(_) => Some(Self::Away),
            DbErr::Conn(RuntimeErr::SqlxError(error)) => Some(Self::of_driver(error).unwrap_or(Self::Away)),
            DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
                Self::of_driver(error)
            }
            _ => None,
        }
    }

    fn of_driver(error: &sqlx::Error) -> Option<Self> {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Some(Self::Away),
            sqlx::Error::Database(error) => {
                if let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() {
                    Self::of_mysql(error.number())
                } else if let Some(error) = error.try_downcast_ref::<SqliteError>() {
                    Self::of_sqlite(&error.code()?)
                } else {
                    Self::of_postgres(&error.code()?)
                }
            }
            _ => None,
        }
    }

    /// By SQLSTATE (PostgreSQL's manual, appendix A).
    fn of_postgres(code: &str) -> Option<Self> {
        match code {
            "53100" => Some(Self::Full),
            _ if DEADLOCK.contains(&code) => Some(Self::Away),
            // Too many connections; shut down, crashed, starting; a standby that was a primary a moment ago.
            "53300" | "57P01" | "57P02" | "57P03" | "25006" => Some(Self::Away),
            _ if code.starts_with("08") => Some(Self::Away),
            _ => None,
        }
    }

    /// By number (MariaDB's list of error codes).
    const fn of_mysql(number: u16) -> Option<Self> {
        match number {
            // ER_DISK_FULL, ER_RECORD_FILE_FULL
            1021 | 1114 => Some(Self::Full),
            // Too many connections; shutting down; read-only; a lock held for too long, a deadlock; killed.
            1040 | 1053 | 1205 | 1213 | 1290 | 1836 | 1927 => Some(Self::Away),
            _ => None,
        }
    }

    /// By result code; the low byte is the primary one (sqlite.org/rescode.html).
    fn of_sqlite(code: &str) -> Option<Self> {
        match code.parse::<i32>().ok()? & 0xff {
            13 => Some(Self::Full),
            // Busy, locked, an error of the disk, a file that cannot be opened.
            5 | 6 | 10 | 14 => Some(Self::Away),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_away_or_full_is_told_from_a_refused_statement() {
        use Trouble::{Away, Full};
        assert_eq!(Trouble::of_postgres("57P02"), Some(Away));
        assert_eq!(Trouble::of_postgres("08006"), Some(Away));
        assert_eq!(Trouble::of_postgres("53100"), Some(Full));
        assert_eq!(Trouble::of_postgres("23505"), None);
        assert_eq!(Trouble::of_mysql(1021), Some(Full));
        assert_eq!(Trouble::of_mysql(1062), None);
        // SQLITE_IOERR_SHMSIZE and SQLITE_CONSTRAINT_UNIQUE
        assert_eq!(Trouble::of_sqlite("13"), Some(Full));
        assert_eq!(Trouble::of_sqlite("4874"), Some(Away));
        assert_eq!(Trouble::of_sqlite("2067"), None);
    }
}
