//! What is asked of git: revisions, remotes and changed lines. Calls the program `git`.

use std::path::Path;
use std::process::Command;

use super::fail::Failure;
use crate::report::Provenance;

/// Runs git in a directory and gives what it wrote.
pub(super) fn git(dir: &Path, args: &[&str]) -> Result<Vec<u8>, Failure> {
    let missing = |e| Failure::usage(format!("cannot run git: {e}"), "install git, or leave out the options that need it");
    let out = Command::new("git").arg("-C").arg(dir).args(args).env("LC_ALL", "C").output().map_err(missing)?;
    if out.status.success() {
        return Ok(out.stdout);
    }
    let words = String::from_utf8_lossy(&out.stderr);
    let first = words.lines().find(|l| !l.trim().is_empty()).unwrap_or("no reason given");
    Err(Failure::Usage(format!("git {}: {first}", args.first().copied().unwrap_or_default()), None))
}

/// One line that git wrote.
pub(super) fn line(dir: &Path, args: &[&str]) -> Result<String, Failure> {
    Ok(String::from_utf8_lossy(&git(dir, args)?).trim_end_matches('\n').to_owned())
}

/// Which revision of which repository a directory holds; `None` outside of one, or where it has no remote.
pub(super) fn provenance(dir: &Path) -> Option<Provenance> {
    let remote = line(dir, &["remote", "get-url", "origin"]).ok()?;
    Some(Provenance {
        repository: web_address(&remote)?,
        revision: line(dir, &["rev-parse", "HEAD"]).ok()?,
        branch: line(dir, &["symbolic-ref", "--short", "-q", "HEAD"]).ok().filter(|b| !b.is_empty()),
        at_top: line(dir, &["rev-parse", "--show-prefix"]).is_ok_and(|p| p.is_empty()),
    })
}

/// A remote as an address on the web, without the name and password that it may hold.
fn web_address(remote: &str) -> Option<String> {
    let remote = remote.strip_suffix(".git").unwrap_or(remote);
    if let Some((scheme, rest)) = remote.split_once("://").filter(|(scheme, _)| *scheme != "file") {
        let host = rest.split_once('/').map_or(rest, |(host, _)| host);
        let named = host.rsplit_once('@').map_or(0, |(user, _)| user.len() + 1);
        let scheme = if scheme == "http" { "http" } else { "https" };
        return Some(format!("{scheme}://{}", &rest[named..]));
    }
    let (host, path) = remote.split_once(':')?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    (!host.contains('/')).then(|| format!("https://{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::web_address;

    #[test]
    fn remotes_lose_their_credentials() {
        let web = |r| web_address(r).unwrap_or_default();
        assert_eq!(web("git@example.com:a/b.git"), "https://example.com/a/b");
        assert_eq!(web("https://user:secret@example.com/a/b"), "https://example.com/a/b");
        assert_eq!(web("ssh://git@example.com/a/b.git"), "https://example.com/a/b");
        assert_eq!(web("/srv/repo"), "");
    }
}
