//! Searching by part of a text, in lower case on every database.

use sea_orm::ColumnTrait;
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Expr, Func, LikeExpr, SimpleExpr};
use shared::problem::FieldCode;
use shared::text;

use crate::error::{Error, Result};

/// What to search for, checked; nothing if it is empty.
pub fn words(q: Option<String>) -> Result<Option<String>> {
    let Some(q) = q.map(|q| q.trim().to_lowercase()).filter(|q| !q.is_empty()) else {
        return Ok(None);
    };
    match text::line(&q, text::NAME_MAX) {
        Ok(_) => Ok(Some(q)),
        Err(flaw) => Err(Error::field("q", FieldCode::BadFormat, flaw.message)),
    }
}

/// True where the column holds the words, which are taken literally.
pub fn contains(column: impl ColumnTrait, words: &str) -> SimpleExpr {
    let escaped: String = words
        .chars()
        .flat_map(|c| if "%_!".contains(c) { vec!['!', c] } else { vec![c] })
        .collect();
    Expr::expr(Func::lower(Expr::col(column.as_column_ref()))).like(LikeExpr::new(format!("%{escaped}%")).escape('!'))
}
