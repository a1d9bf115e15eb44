// tarn secret: Databricks CLI's manners. Values come in, none goes out.
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <iostream>
#include <iterator>

#include "cli/commands.h"
#include "cli/output.h"
#include "secrets/secret_store.h"

namespace tarn::cli {
namespace {

int Print(const Error &error) {
    std::fprintf(stderr, "%s\n", error.ToString().c_str());
    return 1;
}

std::string Time(int64_t ms) {
    std::time_t seconds = ms / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    return text;
}

// What is typed does not show.
std::string AskOnTerminal(const std::string &scope, const std::string &key) {
    termios before{};
    bool quiet = tcgetattr(STDIN_FILENO, &before) == 0;
    if (quiet) {
        termios silent = before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    // Only now: who sees the question may type, and what was typed before is thrown away.
    std::fprintf(stderr, "Value of %s/%s: ", scope.c_str(), key.c_str());
    std::string value;
    std::getline(std::cin, value);
    if (quiet) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::fprintf(stderr, "\n");
    return value;
}

std::string ReadValue(const SecretArguments &arguments) {
    if (arguments.value) return *arguments.value;
    if (isatty(STDIN_FILENO)) return AskOnTerminal(arguments.scope, arguments.key);
    std::string value(std::istreambuf_iterator<char>(std::cin), {});
    // The line break that echo and here-documents add is not the value's.
    if (value.ends_with('\n')) value.pop_back();
    if (value.ends_with('\r')) value.pop_back();
    return value;
}

Result<void> List(secrets::SecretStore &store, const std::string &scope) {
    TARN_TRY(auto entries, store.List(scope));
    size_t scope_width = 5, key_width = 3;
    for (auto &entry : entries) {
        scope_width = std::max(scope_width, DisplayWidth(entry.scope));
        key_width = std::max(key_width, DisplayWidth(entry.key));
    }
    std::printf("%s  %s  %s\n", Pad("Scope", scope_width).c_str(), Pad("Key", key_width).c_str(), "Last updated (UTC)");
    for (auto &entry : entries) {
        std::printf("%s  %s  %s\n", Pad(entry.scope, scope_width).c_str(), Pad(entry.key, key_width).c_str(), Time(entry.updated_at_ms).c_str());
    }
    return {};
}

Result<void> ListScopes(secrets::SecretStore &store) {
    TARN_TRY(auto scopes, store.ListScopes());
    for (auto &scope : scopes) std::printf("%s\n", scope.name.c_str());
    return {};
}

}  // namespace

int SecretCommand(const SecretArguments &arguments) {
    using What = SecretArguments::What;
    secrets::SecretStore store(arguments.root);
    Result<void> done;
    switch (arguments.what) {
        case What::kCreateScope: done = store.CreateScope(arguments.scope); break;
        case What::kDeleteScope: done = store.DeleteScope(arguments.scope); break;
        case What::kListScopes: done = ListScopes(store); break;
        case What::kPut: done = store.Put(arguments.scope, arguments.key, ReadValue(arguments)); break;
        case What::kList: done = List(store, arguments.scope); break;
        case What::kDelete: done = store.Delete(arguments.scope, arguments.key); break;
    }
    return done ? 0 : Print(done.error());
}

}  // namespace tarn::cli
