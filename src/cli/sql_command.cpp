// tarn sql: statements from -c, -f, a pipe or the interactive shell.
#include <unistd.h>

#include <chrono>
#include <clocale>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/shell.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "sql/parser.h"

namespace tarn::cli {
namespace {

Result<std::string> ReadScript(const std::string &path) {
    if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
    std::error_code failed;
    std::ifstream in(path, std::ios::binary);
    if (!in || std::filesystem::is_directory(path, failed)) {
        return Fail(ErrorKind::kNotFound, "PATH_NOT_FOUND", "Cannot read " + path + (in ? ": it is a folder." : "."));
    }
    return std::string(std::istreambuf_iterator<char>(in), {});
}

// Positions count from the script's start: the statement stands at `start` in it.
void Shift(Error &error, SourcePosition start) {
    if (error.position.line == 0) return;
    if (error.position.line == 1) error.position.column += start.column - 1;
    error.position.line += start.line - 1;
}

Result<void> RunStatement(engine::Session &session, const sql::StatementText &statement, Format format) {
    TARN_TRY(auto result, session.Execute(statement.text));
    return PrintRows(*result, format, stdout);
}

// False when a statement failed and the rest was not run.
bool RunScript(engine::Session &session, const std::string &script, const SqlArguments &arguments) {
    Format format = ParseFormat(arguments.format);
    for (const sql::StatementText &statement : sql::SplitScript(script)) {
        if (!arguments.echo_marker.empty()) std::printf("%s\n", arguments.echo_marker.c_str());
        auto done = RunStatement(session, statement, format);
        PrintNotes(session);
        if (!done) {
            Shift(done.error(), statement.position);
            if (!arguments.keep_going) {
                std::fflush(stdout);
                std::fprintf(stderr, "%s\n", done.error().ToString().c_str());
                return false;
            }
            std::printf("ERROR [%s] %s\n", done.error().condition.c_str(), done.error().message.c_str());
        }
        std::fflush(stdout);
    }
    return true;
}

}  // namespace

bool ParsePairs(const std::vector<std::string> &texts, const char *option, std::map<std::string, std::string> &pairs) {
    for (const std::string &text : texts) {
        size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0) {
            std::fprintf(stderr, "%s takes NAME=VALUE, not '%s'\n", option, text.c_str());
            return false;
        }
        pairs[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return true;
}

int SqlCommand(const SqlArguments &arguments) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    std::map<std::string, std::string> parameters;
    if (!ParsePairs(arguments.parameters, "--param", parameters)) return 2;
    auto engine = engine::Engine::Open({arguments.root});
    if (!engine) {
        std::fprintf(stderr, "%s\n", engine.error().ToString().c_str());
        return 1;
    }
    AbandonAtEnd abandon(*engine);
    auto session = (*engine)->NewSession();
    for (auto &[name, value] : parameters) session->SetParameter(name, value);
    if (!arguments.texts.empty()) {
        for (const std::string &text : arguments.texts) {
            if (!RunScript(*session, text, arguments)) return 1;
        }
        return 0;
    }
    if (arguments.file.empty() && isatty(STDIN_FILENO)) return RunShell(**engine, *session, ParseFormat(arguments.format));
    auto script = ReadScript(arguments.file.empty() ? "-" : arguments.file);
    if (!script) {
        std::fprintf(stderr, "%s\n", script.error().ToString().c_str());
        return 1;
    }
    return RunScript(*session, *script, arguments) ? 0 : 1;
}

}  // namespace tarn::cli
