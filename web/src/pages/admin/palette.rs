//! The command palette: any screen, any open incident, any maintenance that is not over, in a few keys.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use shared::access::Permission;
use shared::list::Order;

use super::shell::{Frame, places};
use crate::api::{Api, IncidentFilter, MaintenanceFilter, use_api};
use crate::i18n::t::admin::{incidents, maintenance, palette, templates};
use crate::i18n::{Locale, use_locale};
use crate::routes::admin as href;
use crate::state::page::use_pages;
use crate::ui::dialog::show_while;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::load;

/// Somewhere the palette can lead.
#[derive(Clone, PartialEq)]
struct Command {
    href: String,
    name: String,
    icon: Icon,
}

/// The box behind `Ctrl K`.
#[component]
pub fn Palette() -> impl IntoView {
    let locale = use_locale();
    let open = expect_context::<Frame>().is_palette_open;
    let node = show_while(open);
    view! {
        <dialog node_ref=node class="dialog palette" aria-label=palette::title(locale) on:close=move |_| open.set(false)>
            <Show when=move || open.get()>
                <div class="dialog-body"><Finder open/></div>
            </Show>
        </dialog>
    }
}

/// A combobox over the commands.
#[component]
fn Finder(open: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let navigate = use_navigate();
    let commands = commands(locale, use_api());
    let text = RwSignal::new(String::new());
    let chosen = RwSignal::new(0_usize);
    let found = Memo::new(move |_| matching(&commands.get(), &text.get()));
    let go = move |command: &Command| {
        open.set(false);
        navigate(&command.href, Default::default());
    };
    let go_by_key = go.clone();
    let on_key = move |event: web_sys::KeyboardEvent| {
        let last = found.with(Vec::len).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => chosen.update(|at| *at = if *at >= last { 0 } else { *at + 1 }),
            "ArrowUp" => chosen.update(|at| *at = if *at == 0 { last } else { *at - 1 }),
            "Enter" => {
                if let Some(command) = found.get_untracked().get(chosen.get_untracked()) {
                    go_by_key(command);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let items = move || {
        let go = go.clone();
        let item = move |(at, command): (usize, Command)| {
            let go = go.clone();
            let (icon, name) = (command.icon, command.name.clone());
            view! {
                <li
                    id=format!("command-{at}")
                    role="option"
                    aria-selected=move || (chosen.get() == at).to_string()
                    on:click=move |_| go(&command)
                >
                    <Glyph icon=icon/>
                    {name}
                </li>
            }
        };
        found.get().into_iter().enumerate().map(item).collect_view()
    };
    view! {
        <input
            class="input palette-input"
            role="combobox"
            aria-expanded="true"
            aria-controls="commands"
            aria-autocomplete="list"
            aria-activedescendant=move || format!("command-{}", chosen.get())
            aria-label=palette::title(locale)
            placeholder=palette::placeholder(locale)
            autocomplete="off"
            prop:value=text
            on:input:target=move |event| {
                text.set(event.target().value());
                chosen.set(0);
            }
            on:keydown=on_key
        />
        <ul class="palette-list" id="commands" role="listbox" aria-label=palette::results(locale)>{items}</ul>
        <Show when=move || found.with(Vec::is_empty)><p class="hint" role="status">{palette::nothing(locale)}</p></Show>
    }
}

/// What can be begun, the screens, and what is going on or planned just now.
fn commands(locale: Locale, api: Api) -> Signal<Vec<Command>> {
    let pages = use_pages();
    let open_ones = load(move || {
        let filter = IncidentFilter {
            page: pages.current_id(),
            is_open: Some(true),
            ..IncidentFilter::default()
        };
        async move { api.list_incidents(&filter).await }
    });
    let planned_ones = load(move || {
        let filter = MaintenanceFilter {
            page: pages.current_id(),
            is_over: Some(false),
            order: Some(Order::Asc),
            ..MaintenanceFilter::default()
        };
        async move { api.list_maintenances(&filter).await }
    });
    let begun = move |permission, href: &str, name: &str| {
        api.may(permission).then(|| Command {
            href: href.into(),
            name: name.into(),
            icon: Icon::Plus,
        })
    };
    Signal::derive(move || {
        let new_incident = begun(Permission::ManageIncidents, href::NEW_INCIDENT, incidents::new(locale));
        let plan = begun(
            Permission::ManageMaintenance,
            href::PLAN_MAINTENANCE,
            maintenance::plan(locale),
        );
        let screens = places(api).into_iter().map(|place| Command {
            href: place.href.into(),
            name: (place.name)(locale).into(),
            icon: place.icon,
        });
        let templates = Command {
            href: href::TEMPLATES.into(),
            name: templates::title(locale).into(),
            icon: Icon::Audit,
        };
        let incidents = open_ones.get().map(|list| list.items).unwrap_or_default();
        let incidents = incidents.into_iter().map(|incident| Command {
            href: href::incident(incident.id),
            name: incident.title,
            icon: Icon::Incident,
        });
        let planned = planned_ones.get().map(|list| list.items).unwrap_or_default();
        let planned = planned.into_iter().map(|maintenance| Command {
            href: href::maintenance(maintenance.id),
            name: maintenance.title,
            icon: Icon::Clock,
        });
        let new = new_incident.into_iter().chain(plan);
        let screens = screens.chain([templates]);
        new.chain(screens).chain(incidents).chain(planned).collect()
    })
}

/// The commands whose names have every word that was typed, in any order.
fn matching(commands: &[Command], text: &str) -> Vec<Command> {
    let words = text.to_lowercase();
    let fits = |command: &&Command| {
        let name = command.name.to_lowercase();
        words.split_whitespace().all(|word| name.contains(word))
    };
    commands.iter().filter(fits).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_order() {
        let command = |name: &str| Command {
            href: String::new(),
            name: name.into(),
            icon: Icon::Plus,
        };
        let all = [command("New incident"), command("Incidents"), command("Team")];
        let names = |text| {
            matching(&all, text)
                .into_iter()
                .map(|found| found.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names("inc new"), ["New incident"]);
        assert_eq!(names("").len(), 3);
    }
}
