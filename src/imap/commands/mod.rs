//! What the commands do: each is checked against the state, done, and answered with [`Done`] or a [`Refusal`].

mod acl;
mod append;
mod auth;
mod catenate;
mod copy;
mod fetch;
mod folders;
mod general;
mod idle;
mod list;
mod metadata;
mod multisearch;
pub(super) mod notify;
mod quota;
mod resync;
mod search;
mod select;
mod sort;
mod status;
mod store;
mod thread;

pub(super) use fetch::announce;

use super::connection::Connection;
use super::refusal::Stop;
use super::reply::Done;
use super::syntax::{Command, Tag};
use super::view::Access;

/// Does a command that the table admitted. The futures are boxed: a session that idles carries none of them.
pub(super) async fn run(c: &mut Connection, tag: &Tag, command: Command) -> Result<Done, Stop> {
    match command {
        Command::Capability => Ok(general::capability(c)),
        Command::Noop | Command::Check => Ok(Done::Plainly),
        Command::Logout => Ok(general::logout(c)),
        Command::Id(_) => Ok(general::id(c)),
        Command::StartTls => Ok(general::start_tls(c)?),
        Command::Compress => Ok(general::compress(c)?),
        Command::Enable(names) => Ok(general::enable(c, &names)),
        Command::Namespace => Ok(general::namespace(c)),
        Command::Authenticate(args) => Box::pin(auth::authenticate(c, args)).await,
        Command::Login(args) => Box::pin(auth::login(c, args)).await,
        Command::Unauthenticate => Box::pin(auth::unauthenticate(c)).await,
        Command::Select(args) => Box::pin(select::open(c, &args, Access::ReadWrite)).await,
        Command::Examine(args) => Box::pin(select::open(c, &args, Access::ReadOnly)).await,
        Command::Close => Box::pin(select::close(c)).await,
        Command::Unselect => Box::pin(select::unselect(c)).await,
        Command::Create(args) => Box::pin(folders::create(c, args)).await,
        Command::Delete(name) => Box::pin(folders::delete(c, &name)).await,
        Command::Rename(args) => Box::pin(folders::rename(c, args)).await,
        Command::Subscribe(name) => Box::pin(folders::subscribe(c, &name)).await,
        Command::Unsubscribe(name) => Box::pin(folders::unsubscribe(c, &name)).await,
        Command::List(args) => Box::pin(list::list(c, args)).await,
        Command::Lsub(args) => Box::pin(list::lsub(c, args)).await,
        Command::Status(args) => Box::pin(status::status(c, args)).await,
        Command::Append(args) => Box::pin(append::append(c, tag, args)).await,
        Command::Replace(args) => Box::pin(append::replace(c, tag, args)).await,
        Command::Idle => Box::pin(idle::idle(c)).await,
        Command::Notify(args) => Box::pin(notify::notify(c, args)).await,
        Command::Expunge(messages) => Box::pin(copy::expunge(c, messages)).await,
        Command::Search(args) => Box::pin(search::search(c, tag, args)).await,
        Command::MultiSearch(args) => Box::pin(multisearch::multi_search(c, tag, args)).await,
        Command::Sort(args) => Box::pin(sort::sort(c, tag, args)).await,
        Command::Thread(args) => Box::pin(thread::thread(c, tag, args)).await,
        Command::Fetch(args) => Box::pin(fetch::fetch(c, args)).await,
        Command::Store(args) => Box::pin(store::store(c, args)).await,
        Command::Copy(args) => Box::pin(copy::copy(c, tag, args)).await,
        Command::Move(args) => Box::pin(copy::move_(c, tag, args)).await,
        Command::SetAcl(args) => Box::pin(acl::set(c, args)).await,
        Command::DeleteAcl(args) => Box::pin(acl::delete(c, args)).await,
        Command::GetAcl(name) => Box::pin(acl::get(c, &name)).await,
        Command::ListRights(args) => Box::pin(acl::list(c, args)).await,
        Command::MyRights(name) => Box::pin(acl::mine(c, &name)).await,
        Command::GetQuota(root) => Box::pin(quota::get(c, &root)).await,
        Command::GetQuotaRoot(name) => Box::pin(quota::get_root(c, &name)).await,
        Command::SetQuota(_) => quota::set(),
        Command::GetMetadata(args) => Box::pin(metadata::get(c, args)).await,
        Command::SetMetadata(args) => Box::pin(metadata::set(c, args)).await,
    }
}
