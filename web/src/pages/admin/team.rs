//! The team: who can sign in, as what, and who was invited.

use leptos::prelude::*;
use shared::access::{Permission, Role};
use shared::list::MemberList;
use shared::member::{Invitation, Member, MemberPatch, NewMember};

use super::parts::{CopyField, Moment, ScreenHead, query_value};
use super::words;
use crate::api::{Api, SubmitKey, use_api};
use crate::i18n::t::admin::{common, nav, team};
use crate::i18n::{Locale, use_locale};
use crate::ui::dialog::{Confirm, Dialog};
use crate::ui::field::{SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{Loader, load, loaded};
use crate::ui::menu::Menu;
use crate::ui::pager::Pager;
use crate::ui::table::Table;
use crate::ui::toast::use_toasts;

/// What all parts of the screen share.
#[derive(Clone, Copy)]
struct Board {
    list: Loader<MemberList>,
    is_inviting: RwSignal<bool>,
    /// A link just made; it can be seen only now.
    invitation: RwSignal<Option<Invitation>>,
    disabled: RwSignal<Option<Member>>,
}

#[component]
pub fn Team() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let cursor = query_value("cursor");
    let board = Board {
        list: load(move || {
            let cursor = cursor.get();
            async move { api.list_members(cursor).await }
        }),
        is_inviting: RwSignal::new(false),
        invitation: RwSignal::new(None),
        disabled: RwSignal::new(None),
    };
    provide_context(board);
    view! {
        <ScreenHead title=nav::team(locale)>
            <button type="button" class="button button-primary" on:click=move |_| board.is_inviting.set(true)>
                <Glyph icon=Icon::Plus/>
                {team::invite(locale)}
            </button>
        </ScreenHead>
        {loaded(board.list, move |list| view! { <Rows list/> }.into_any())}
        <Dialog open=board.is_inviting title=team::invite(locale)><InviteForm/></Dialog>
        <LinkDialog/>
        <Disabling/>
    }
}

#[component]
fn Rows(list: RwSignal<MemberList>) -> impl IntoView {
    let locale = use_locale();
    let next = Signal::derive(move || list.with(|list| list.next_cursor.clone()));
    let rows = move || {
        let heads = vec![
            team::name(locale),
            team::role(locale),
            team::state(locale),
            team::last_seen(locale),
            common::actions(locale),
        ];
        let rows = list
            .get()
            .items
            .into_iter()
            .map(|member| view! { <Row member/> })
            .collect_view();
        view! { <Table caption=nav::team(locale) heads>{rows}</Table> }
    };
    view! {
        {rows}
        <Pager next_cursor=next/>
        <Show when=move || list.with(|list| list.items.len() == 1 && list.next_cursor.is_none())>
            <p class="hint">{team::alone(locale)}</p>
        </Show>
    }
}

#[component]
fn Row(member: Member) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let is_me = api
        .session()
        .me
        .with_untracked(|me| me.as_ref().is_some_and(|me| me.member.id == member.id));
    let state = match (member.is_active, member.is_invited) {
        (false, _) => team::disabled(locale),
        (true, true) => team::invited(locale),
        (true, false) => team::active(locale),
    };
    let is_good = member.is_active && !member.is_invited;
    let seen = match member.last_sign_in_at {
        Some(at) => view! { <Moment at/> }.into_any(),
        None => "–".into_any(),
    };
    let may_change = !is_me && may_change(api, &member);
    view! {
        <tr>
            <td>
                <span class="row-name">{member.name.clone()}</span>
                {is_me.then(|| view! { <span class="tag">{team::you(locale)}</span> })}
                <p class="line-more">{member.email.clone()}</p>
            </td>
            <td data-label=team::role(locale)><RoleCell member=member.clone() may_change/></td>
            <td data-label=team::state(locale)><span class="state" data-good=is_good.to_string()>{state}</span></td>
            <td data-label=team::last_seen(locale)>{seen}</td>
            <td class="cell-actions">{may_change.then(|| view! { <RowMenu member/> })}</td>
        </tr>
    }
}

/// Only owners may touch owners.
fn may_change(api: Api, member: &Member) -> bool {
    member.role != Role::Owner || untrack(|| api.may(Permission::ManageOwners))
}

/// Roles that whoever is signed in may give.
fn roles(api: Api) -> Vec<Role> {
    let may_make_owners = untrack(|| api.may(Permission::ManageOwners));
    Role::ALL
        .iter()
        .copied()
        .filter(|role| *role != Role::Owner || may_make_owners)
        .collect()
}

#[component]
fn RoleCell(member: Member, may_change: bool) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let board = expect_context::<Board>();
    if !may_change {
        return words::role(locale, member.role).into_any();
    }
    let (id, present) = (member.id, member.role);
    let choose = move |word: String| {
        let Some(role) = Role::from_word(&word) else { return };
        let patch = MemberPatch {
            name: None,
            role: Some(role),
            is_active: None,
        };
        leptos::task::spawn_local(async move {
            match api.update_member(id, &patch).await {
                Ok(member) => toasts.say(team::role_changed(locale, member.name, words::role(locale, role))),
                Err(error) => toasts.complain(locale, &error),
            }
            board.list.reload();
        });
    };
    let option = |role: Role| {
        view! { <option value=role.as_str() prop:selected=role == present>{words::role(locale, role)}</option> }
    };
    view! {
        <select class="input" aria-label=team::role_of(locale, member.name) on:change:target=move |event| choose(event.target().value())>
            {roles(api).into_iter().map(option).collect_view()}
        </select>
    }
    .into_any()
}

#[component]
fn RowMenu(member: Member) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let board = expect_context::<Board>();
    let id = member.id;
    let new_link = move |_| {
        let making = async move { api.invite_member(id, &SubmitKey::new()).await };
        toasts.attempt(locale, making, move |invitation| board.invitation.set(Some(invitation)));
    };
    let enable = move |_| set_active(api, toasts, board, locale, id, true);
    let disabled = member.clone();
    let switch = match member.is_active {
        true => view! {
            <button type="button" class="menu-danger" on:click=move |_| board.disabled.set(Some(disabled.clone()))>{team::disable(locale)}</button>
        }
        .into_any(),
        false => view! { <button type="button" on:click=enable>{team::enable(locale)}</button> }.into_any(),
    };
    view! {
        <Menu label=team::more(locale, member.name)>
            // Whoever has a password needs no link.
            {member.is_invited.then(|| view! { <button type="button" on:click=new_link>{team::new_link(locale)}</button> })}
            {switch}
        </Menu>
    }
}

fn set_active(
    api: Api,
    toasts: crate::ui::toast::Toasts,
    board: Board,
    locale: Locale,
    id: shared::MemberId,
    is_active: bool,
) {
    let patch = MemberPatch {
        name: None,
        role: None,
        is_active: Some(is_active),
    };
    let changing = async move { api.update_member(id, &patch).await };
    toasts.attempt(locale, changing, move |member| {
        let text = if is_active {
            team::was_enabled(locale, member.name)
        } else {
            team::was_disabled(locale, member.name)
        };
        toasts.say(text);
        board.list.reload();
    });
}

#[component]
fn InviteForm() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let board = expect_context::<Board>();
    let form = Form::new();
    let name = RwSignal::new(String::new());
    let email = RwSignal::new(String::new());
    let role = RwSignal::new(Role::Editor.as_str().to_owned());
    let options = roles(api).into_iter();
    let options = options.map(|role| (role.as_str().to_owned(), words::role(locale, role).to_owned()));
    let options = options.collect::<Vec<_>>();
    let purpose = move || Role::from_word(&role.get()).map(|role| words::role_purpose(locale, role));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = NewMember {
            email: email.get_untracked(),
            name: name.get_untracked(),
            role: Role::from_word(&role.get_untracked()).unwrap_or(Role::Viewer),
        };
        let send = move |input: NewMember, key| async move { api.create_member(&input, &key).await };
        form.submit(input, send, move |invitation| {
            board.is_inviting.set(false);
            board.invitation.set(Some(invitation));
            board.list.reload();
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="name" label=team::name(locale) value=name is_required=true/>
            <TextField form name="email" label=common::email(locale) value=email kind="email" is_required=true/>
            <SelectField form name="role" label=team::role(locale) value=role options/>
            <p class="hint" aria-live="polite">{purpose}</p>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=team::invite_action(locale)/></div>
        </form>
    }
}

/// Shows a link that exists nowhere else; it has to be passed on by hand.
#[component]
fn LinkDialog() -> impl IntoView {
    let locale = use_locale();
    let invitation = expect_context::<Board>().invitation;
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(invitation.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && invitation.with_untracked(Option::is_some) {
            invitation.set(None);
        }
    });
    view! {
        <Dialog open title=team::link_title(locale)>
            {invitation.get_untracked().map(|invitation| view! {
                <p>{team::link_text(locale, invitation.member.name)}</p>
                <CopyField label=team::link(locale) text=invitation.url/>
                <p class="hint">{team::link_until(locale)}" "<Moment at=invitation.expires_at/></p>
            })}
        </Dialog>
    }
}

#[component]
fn Disabling() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let board = expect_context::<Board>();
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        if board.disabled.with(Option::is_some) {
            open.set(true);
        }
    });
    let title = Signal::derive(move || {
        let name = board
            .disabled
            .with(|member| member.as_ref().map(|member| member.name.clone()));
        team::disable_title(locale, name.unwrap_or_default())
    });
    let disable = move |()| {
        if let Some(member) = board.disabled.get_untracked() {
            set_active(api, toasts, board, locale, member.id, false);
        }
    };
    view! { <Confirm open title text=team::disable_text(locale) action=team::disable(locale) on_confirm=disable/> }
}
