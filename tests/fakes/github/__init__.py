"""A stateful GitHub on a real socket: `server.FakeGitHub`; its repositories are real git repositories."""
