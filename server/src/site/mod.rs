//! What is not the API: the public page, its feeds, calendars, badges and pictures, the console's shell, the assets, health and metrics.

mod admin;
mod assets;
mod badge;
mod calendar;
mod docs;
mod embed;
mod feed;
mod file;
mod forms;
mod health;
mod page;
mod picture;

use poem::{Route, get, post};

/// All addresses that are not the API's.
pub fn routes() -> Route {
    Route::new()
        .at("/", get(page::overview))
        .at("/incidents/:code", get(page::incident))
        .at("/incidents/:code/postmortem", get(page::postmortem))
        .at("/maintenance/:code", get(page::maintenance))
        .at("/components/:slug", get(page::component))
        .at("/charts/:slug", get(page::chart))
        .at("/history", get(page::history))
        .at("/search", get(page::search))
        .at("/:file<^feed\\.[a-z]+$>", get(feed::page))
        .at("/components/:slug/:file<^feed\\.[a-z]+$>", get(feed::component))
        .at("/incidents/:code/:file<^feed\\.[a-z]+$>", get(feed::incident))
        .at("/maintenance.ics", get(calendar::all))
        .at("/maintenance/:name<^[a-z0-9]+\\.ics$>", get(calendar::one))
        .at("/:file<^(badge|uptime)\\.(svg|json)$>", get(badge::badge_of_page))
        .at(
            "/components/:slug/:file<^(badge|uptime)\\.(svg|json)$>",
            get(badge::badge_of_component),
        )
        .at("/widget", get(embed::frame))
        .at("/widget.js", get(embed::script))
        .at("/widget.css", get(embed::style))
        .at("/widget.json", get(embed::data))
        .at("/oembed", get(embed::answer))
        .at("/og.png", get(picture::page))
        .at("/incidents/:code/og.png", get(picture::incident))
        .at("/maintenance/:code/og.png", get(picture::maintenance))
        .at("/subscribe", get(forms::subscribe).post(forms::send_subscribe))
        .at("/subscribe/code", post(forms::send_code))
        .at("/confirm/:token", get(forms::confirm).post(forms::send_confirm))
        .at("/manage/:token", get(forms::manage).post(forms::send_manage))
        .at(
            "/unsubscribe/:token",
            get(forms::unsubscribe).post(forms::send_unsubscribe),
        )
        .at("/theme/:file", get(page::theme))
        .at("/assets/*path", get(assets::serve))
        .at("/robots.txt", get(assets::robots))
        .at("/admin", get(admin::shell))
        .at("/admin/*path", get(admin::shell))
        .at("/api/v3/docs", get(docs::page))
        .at("/api/v3/docs/:file", get(docs::file))
        .at("/api/v3/openapi.json", get(docs::document))
        .at("/health/live", get(health::live))
        .at("/health/ready", get(health::ready))
        .at("/metrics", get(health::counters))
        // Not `/*rest`, which would take `/` too.
        .at("/:nowhere", get(page::missing))
        .at("/:nowhere/*rest", get(page::missing))
}
