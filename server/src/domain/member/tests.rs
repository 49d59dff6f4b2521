//! The rules of members, told as stories.

use shared::session::Login;

use super::*;
use crate::domain::session as sessions;
use crate::entity::outbox;
use crate::testing::{self, App};

const PASSWORD: &str = "lantern orbit velvet";
const OTHER: &str = "copper meadow tangent";

fn new(email: &str, role: Role) -> NewMember {
    NewMember {
        email: email.into(),
        name: "Ana Silva".into(),
        role,
    }
}

const NOTHING: MemberPatch = MemberPatch {
    name: None,
    role: None,
    is_active: None,
};

async fn add(app: &App, email: &str, role: Role) -> Member {
    add_with_password(&app.as_system("command line"), new(email, role), PASSWORD.into())
        .await
        .unwrap()
}

async fn login(app: &App, email: &str, password: &str) -> Result<SignedIn> {
    let input = Login {
        email: email.into(),
        password: password.into(),
    };
    sessions::login(app, input).await
}

/// The context of a browser that has signed in.
async fn at(app: &App, signed_in: &SignedIn) -> Result<Ctx> {
    Ok(app.acting(session::actor_of(app, &signed_in.session.access_token).await?))
}

fn token(invitation: &Invitation) -> String {
    invitation.url.split_once('#').unwrap().1.to_owned()
}

async fn accept(app: &App, token: &str, password: &str) -> Result<SignedIn> {
    let input = AcceptInvitation {
        token: token.into(),
        password: password.into(),
    };
    accept_invitation(app, input).await
}

#[tokio::test]
async fn someone_invited_chooses_a_password_once_and_is_signed_in() {
    let app = testing::app().await;
    let invitation = create(&app.as_role(Role::Admin), new("Bob@Example.org", Role::Editor))
        .await
        .unwrap();
    assert!(invitation.member.is_invited);
    assert!(invitation.url.starts_with("http://127.0.0.1:8000/admin/join#"));
    let jobs = outbox::Entity::find().all(&app.db).await.unwrap();
    assert!(
        jobs.iter().any(|job| job.payload.contains(&invitation.url)),
        "the link is mailed"
    );

    let error = accept(&app, &token(&invitation), "passwordpassword").await.unwrap_err();
    assert_eq!(error.to_problem().errors[0].code, FieldCode::TooWeak);
    let signed_in = accept(&app, &token(&invitation), PASSWORD).await.unwrap();
    assert_eq!(signed_in.session.me.member.email, "bob@example.org");
    assert!(!signed_in.session.me.member.is_invited);
    at(&app, &signed_in).await.unwrap();

    let again = accept(&app, &token(&invitation), OTHER).await.unwrap_err();
    assert_eq!(again.code(), Code::LinkExpired);
    login(&app, "bob@example.org", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_invitation_ends_by_time_by_another_and_by_disabling() {
    let app = testing::app().await;
    let admin = app.as_role(Role::Admin);
    let first = create(&admin, new("bob@example.org", Role::Editor)).await.unwrap();
    let second = invite(&admin, first.member.id).await.unwrap();
    assert_eq!(
        accept(&app, &token(&first), PASSWORD).await.unwrap_err().code(),
        Code::LinkExpired
    );

    let off = MemberPatch {
        is_active: Some(false),
        ..NOTHING
    };
    update(&admin, first.member.id, off).await.unwrap();
    assert_eq!(
        accept(&app, &token(&second), PASSWORD).await.unwrap_err().code(),
        Code::LinkExpired
    );
    assert_eq!(
        invite(&admin, first.member.id).await.unwrap_err().code(),
        Code::Conflict
    );

    let on = MemberPatch {
        is_active: Some(true),
        ..NOTHING
    };
    update(&admin, first.member.id, on).await.unwrap();
    app.clock.advance(hours(app.config.auth.invitation_hours));
    assert_eq!(
        accept(&app, &token(&second), PASSWORD).await.unwrap_err().code(),
        Code::LinkExpired
    );
}

#[tokio::test]
async fn two_members_cannot_have_one_address() {
    let app = testing::app().await;
    add(&app, "ana@example.org", Role::Owner).await;
    let error = create(&app.as_role(Role::Admin), new("ANA@example.org", Role::Viewer))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::EmailTaken);
    assert_eq!(error.to_problem().errors[0].field, "email");
}

#[tokio::test]
async fn only_owners_touch_owners() {
    let app = testing::app().await;
    let (admin, owner) = (app.as_role(Role::Admin), app.as_role(Role::Owner));
    let ana = add(&app, "ana@example.org", Role::Owner).await;
    let bob = add(&app, "bob@example.org", Role::Editor).await;
    let promote = MemberPatch {
        role: Some(Role::Owner),
        ..NOTHING
    };
    let rename = MemberPatch {
        name: Some("Anna".into()),
        ..NOTHING
    };
    let refusals = [
        create(&admin, new("eve@example.org", Role::Owner)).await.unwrap_err(),
        update(&admin, bob.id, promote.clone()).await.unwrap_err(),
        update(&admin, ana.id, rename.clone()).await.unwrap_err(),
        invite(&admin, ana.id).await.unwrap_err(),
        update(&app.as_role(Role::Editor), bob.id, NOTHING).await.unwrap_err(),
    ];
    assert!(
        refusals.iter().all(|error| error.code() == Code::Forbidden),
        "{refusals:?}"
    );
    update(&owner, bob.id, promote).await.unwrap();
    update(&owner, ana.id, rename).await.unwrap();
}

#[tokio::test]
async fn one_owner_who_can_sign_in_always_remains() {
    let app = testing::app().await;
    let owner = app.as_role(Role::Owner);
    let ana = add(&app, "ana@example.org", Role::Owner).await;
    create(&owner, new("invited@example.org", Role::Owner)).await.unwrap();
    let demote = MemberPatch {
        role: Some(Role::Admin),
        ..NOTHING
    };
    let disable = MemberPatch {
        is_active: Some(false),
        ..NOTHING
    };
    for patch in [demote.clone(), disable.clone()] {
        assert_eq!(update(&owner, ana.id, patch).await.unwrap_err().code(), Code::Conflict);
    }
    let bob = add(&app, "bob@example.org", Role::Owner).await;
    update(&owner, ana.id, demote.clone()).await.unwrap();
    assert_eq!(
        update(&owner, bob.id, disable).await.unwrap_err().code(),
        Code::Conflict
    );
}

#[tokio::test]
async fn two_owners_cannot_step_down_at_the_same_moment() {
    let app = testing::app().await;
    let owner = app.as_role(Role::Owner);
    let (ana, bob) = (
        add(&app, "ana@example.org", Role::Owner).await,
        add(&app, "bob@example.org", Role::Owner).await,
    );
    let demote = MemberPatch {
        role: Some(Role::Viewer),
        ..NOTHING
    };
    let (one, two) = futures::join!(update(&owner, ana.id, demote.clone()), update(&owner, bob.id, demote));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
}

#[tokio::test]
async fn disabling_signs_out_and_a_new_role_counts_at_once() {
    let app = testing::app().await;
    let owner = app.as_role(Role::Owner);
    let bob = add(&app, "bob@example.org", Role::Editor).await;
    let signed_in = login(&app, "bob@example.org", PASSWORD).await.unwrap();

    let demote = MemberPatch {
        role: Some(Role::Viewer),
        ..NOTHING
    };
    update(&owner, bob.id, demote).await.unwrap();
    assert!(
        !at(&app, &signed_in)
            .await
            .unwrap()
            .actor
            .may(Permission::ManageIncidents)
    );

    for is_active in [false, true] {
        let switch = MemberPatch {
            is_active: Some(is_active),
            ..NOTHING
        };
        update(&owner, bob.id, switch).await.unwrap();
        assert!(at(&app, &signed_in).await.is_err(), "a sign-in that ended stays ended");
    }
}

#[tokio::test]
async fn a_new_password_needs_the_present_one_and_signs_the_other_browsers_out() {
    let app = testing::app().await;
    add(&app, "ana@example.org", Role::Owner).await;
    let other = login(&app, "ana@example.org", PASSWORD).await.unwrap();
    let here = login(&app, "ana@example.org", PASSWORD).await.unwrap();
    let cx = at(&app, &here).await.unwrap();
    let change = |current: &str, new: &str| ChangePassword {
        current_password: current.into(),
        new_password: new.into(),
    };

    let error = change_password(&cx, change(OTHER, OTHER))
        .await
        .unwrap_err()
        .to_problem();
    assert_eq!(error.errors[0].field, "current_password");
    let error = change_password(&cx, change(PASSWORD, "passwordpassword"))
        .await
        .unwrap_err()
        .to_problem();
    assert_eq!(error.errors[0].code, FieldCode::TooWeak);
    assert!(change_password(&cx, change(PASSWORD, "short")).await.is_err());

    change_password(&cx, change(PASSWORD, OTHER)).await.unwrap();
    at(&app, &here).await.unwrap();
    assert!(at(&app, &other).await.is_err());
    assert!(login(&app, "ana@example.org", PASSWORD).await.is_err());
    login(&app, "ana@example.org", OTHER).await.unwrap();
}

#[tokio::test]
async fn members_change_their_own_name_and_language() {
    let app = testing::app().await;
    add(&app, "bob@example.org", Role::Viewer).await;
    let cx = at(&app, &login(&app, "bob@example.org", PASSWORD).await.unwrap())
        .await
        .unwrap();
    let patch = |locale: &str| MePatch {
        name: Some("Bob".into()),
        locale: Some(locale.into()),
    };
    assert_eq!(update_me(&cx, patch("xx")).await.unwrap_err().code(), Code::Invalid);
    let me = update_me(&cx, patch("de")).await.unwrap();
    assert_eq!((me.member.name.as_str(), me.member.locale.as_str()), ("Bob", "de"));
    assert_eq!(super::me(&cx).await.unwrap(), me);
    assert_eq!(super::me(&app).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(
        list(&cx, None, &Paging::new(None, None).unwrap())
            .await
            .unwrap_err()
            .code(),
        Code::Forbidden
    );
}

#[tokio::test]
async fn members_are_found_by_part_of_a_name_or_an_address() {
    let app = testing::app().await;
    let owner = app.as_role(Role::Owner);
    app.member("ana@example.org", Role::Owner).await;
    app.member("bob@example.net", Role::Viewer).await;
    let found = async |q: &str| {
        let all = Paging::new(None, None).unwrap();
        list(&owner, Some(q.into()), &all).await.unwrap().items.len()
    };
    assert_eq!(
        (found("SILVA").await, found("example.net").await, found("%").await),
        (2, 1, 0)
    );
}
