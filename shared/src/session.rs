//! Sessions: signing in, staying signed in, signing out.

use crate::Timestamp;
use crate::member::Me;

output! {
    /// What a browser needs after signing in. The refresh token travels in a cookie that scripts cannot read.
    pub struct Session {
        /// A JWT for `Authorization: Bearer`; keep it in memory only.
        pub access_token: String,
        /// When the access token ends; refresh before.
        pub expires_at: Timestamp,
        pub me: Me,
    }
}

input! {
    /// An address and a password.
    pub struct Login {
        pub email: String,
        pub password: String,
    }
}
