//! `/search?q=…`: what was told of incidents and maintenance, by the words in it.

use leptos::prelude::*;
use shared::problem::FieldCode;
use shared::status_page::{HitKind, SearchHit, SearchResults};

use crate::i18n::{t, use_locale};
use crate::pages::status::document::SearchPage;
use crate::pages::status::state::use_links;
use crate::routes::public as href;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::markdown::to_plain;
use crate::ui::time_ago::Time;

/// The form and what was found.
#[component]
pub fn SearchView(page: SearchPage) -> AnyView {
    let locale = use_locale();
    let SearchPage { q, found, flaw } = page;
    let flaw = flaw.map(|flaw| match flaw.code {
        FieldCode::TooLong => t::status::search::too_long(locale).to_owned(),
        _ => t::status::search::not_words(locale).to_owned(),
    });
    view! {
        <h1>{t::status::search::title(locale)}</h1>
        <SearchForm q=q.clone() flaw/>
        {found.map(|found| view! { <Results q found/> })}
    }
    .into_any()
}

/// Works without scripts; stands on the pages of the history too.
#[component]
pub fn SearchForm(q: String, flaw: Option<String>) -> AnyView {
    let locale = use_locale();
    let is_bad = flaw.is_some();
    let described_by = is_bad.then_some("search-flaw");
    let invalid = is_bad.then_some("true");
    let lang = use_links().chosen_tag();
    view! {
        <form class="search-form" action=href::SEARCH method="get" role="search">
            <label class="unseen" for="q">{t::status::search::label(locale)}</label>
            <input
                id="q"
                type="search"
                name="q"
                value=q
                maxlength="100"
                required
                placeholder=t::status::search::placeholder(locale)
                aria-invalid=invalid
                aria-describedby=described_by
            />
            {lang.map(|tag| view! { <input type="hidden" name="lang" value=tag/> })}
            <button class="button" type="submit">{t::status::search::action(locale)}</button>
            {flaw.map(|flaw| view! { <p class="field-error" id="search-flaw">{flaw}</p> })}
        </form>
    }
    .into_any()
}

#[component]
fn Results(q: String, found: SearchResults) -> AnyView {
    let locale = use_locale();
    let links = use_links();
    let is_empty = found.items.is_empty();
    let hits = found.items.into_iter().map(|hit| view! { <Hit hit/> }).collect_view();
    let more = found.next_cursor.map(|cursor| {
        let address = links.to(&href::search(&q, &cursor));
        view! { <p><a class="onward" href=address rel="next">{t::status::search::more(locale)}<Glyph icon=Icon::Forward/></a></p> }
    });
    view! {
        <section class="stack" aria-labelledby="found">
            <h2 id="found" class="unseen">{t::status::search::found(locale)}</h2>
            {is_empty.then(|| view! { <p class="quiet">{t::status::search::nothing(locale, q)}</p> })}
            {hits}
            {more}
        </section>
    }
    .into_any()
}

#[component]
fn Hit(hit: SearchHit) -> AnyView {
    let locale = use_locale();
    let (address, kind) = match hit.kind {
        HitKind::Incident => (href::incident(&hit.id), t::status::search::incident(locale)),
        HitKind::Maintenance => (href::maintenance(&hit.id), t::status::search::maintenance(locale)),
    };
    let address = use_links().to(&address);
    let excerpt = (hit.excerpt != hit.title).then(|| to_plain(&hit.excerpt));
    view! {
        <article class="line">
            <h3><a href=address>{hit.title}</a></h3>
            <p class="quiet small">{kind}" · "<Time at=hit.began_at/></p>
            {excerpt.map(|text| view! { <p>{text}</p> })}
        </article>
    }
    .into_any()
}
