#include "cli/shell.h"

#include <editline/readline.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>

#include "sql/functions.h"
#include "sql/parser.h"

namespace tarn::cli {
namespace {

constexpr int kHistoryEntries = 5000;

constexpr const char *kHelp =
    "  statements end with ; and may take several lines\n"
    "  \\d            the tables and views of the current schema\n"
    "  \\d NAME       the columns of a table or view\n"
    "  \\f FORMAT     print rows as table, tsv, csv or jsonl\n"
    "  \\timing       say how long each statement took, or stop saying so\n"
    "  \\q            leave (also quit, exit, Ctrl-D); Ctrl-C drops what is typed, or ends the statement that runs\n";

// libedit's completion has no user pointer; there is one shell in a process.
std::vector<std::string> *completions = nullptr;

char *NextCompletion(const char *text, int state) {
    static size_t at;
    if (state == 0) at = 0;
    std::string prefix = ToLower(text);
    while (at < completions->size()) {
        const std::string &word = (*completions)[at++];
        if (ToLower(word).starts_with(prefix)) return strdup(word.c_str());
    }
    return nullptr;
}

char **Complete(const char *text, int, int) {
    rl_attempted_completion_over = 1;  // Never file names.
    return rl_completion_matches(text, NextCompletion);
}

std::string HistoryPath() {
    const char *home = std::getenv("HOME");
    return home ? std::string(home) + "/.tarn_history" : "";
}

// Ctrl-C ends the statement that runs, not the shell.
class Interruptible {
public:
    explicit Interruptible(engine::Session &session) {
        running = &session;
        struct sigaction action{};
        action.sa_handler = [](int) { running->Interrupt(); };
        sigaction(SIGINT, &action, &before_);
    }
    ~Interruptible() { sigaction(SIGINT, &before_, nullptr); }
    Interruptible(const Interruptible &) = delete;
    Interruptible &operator=(const Interruptible &) = delete;

private:
    static inline engine::Session *running = nullptr;
    struct sigaction before_{};
};

class Shell {
public:
    Shell(engine::Engine &engine, engine::Session &session, Format format) : engine_(engine), session_(session), format_(format) {}

    int Run() {
        rl_initialize();
        using_history();
        stifle_history(kHistoryEntries);
        std::string history = HistoryPath();
        if (!history.empty()) read_history(history.c_str());
        rl_attempted_completion_function = Complete;
        rl_readline_name = const_cast<char *>("tarn");
        completions = &words_;
        RefreshCompletions();
        std::printf("Tarn " TARN_VERSION ", root %s. Type \\? for help.\n", engine_.root().c_str());
        std::string pending;
        while (ReadOne(pending)) {
        }
        std::printf("\n");
        // The file holds what people typed, which may be data: theirs alone.
        if (!history.empty() && write_history(history.c_str()) == 0) {
            std::error_code ignored;
            std::filesystem::permissions(history, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
        }
        completions = nullptr;
        return 0;
    }

private:
    bool ReadOne(std::string &pending) {
        std::string prompt = pending.empty() ? session_.current_schema() + "> " : std::string(session_.current_schema().size(), ' ') + "> ";
        char *line = readline(prompt.c_str());
        if (!line) return false;
        std::string text = line;
        std::free(line);
        if (pending.empty() && text.starts_with("\\")) {
            add_history(text.c_str());
            return Command(text);
        }
        // As in spark-sql and psql.
        std::string word = ToLower(text.substr(0, text.find_first_of("; \t")));
        if (pending.empty() && (word == "quit" || word == "exit") && text.find_first_not_of("; \t", word.size()) == std::string::npos) return false;
        pending += (pending.empty() ? "" : "\n") + text;
        if (!sql::IsComplete(pending)) return true;
        if (pending.find_first_not_of(" \t\n;") != std::string::npos) {
            add_history(pending.c_str());
            for (const sql::StatementText &statement : sql::SplitScript(pending)) Execute(statement.text);
            RefreshCompletions();
        }
        pending.clear();
        return true;
    }

    void Execute(const std::string &text) {
        Interruptible while_it_runs(session_);
        auto start = std::chrono::steady_clock::now();
        auto result = session_.Execute(text);
        Result<void> printed;
        if (result) printed = PrintRows(**result, format_, stdout);
        std::fflush(stdout);
        bool rows = result && !(*result)->columns().empty();
        if (result) result->reset();
        PrintNotes(session_);
        if (!result) std::fprintf(stderr, "%s\n", result.error().ToString().c_str());
        else if (!printed) std::fprintf(stderr, "%s\n", printed.error().ToString().c_str());
        else if (!rows) std::printf("OK\n");
        if (timing_) std::printf("%.0f ms\n", std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }

    // False: leave.
    bool Command(const std::string &text) {
        std::string word = text.substr(0, text.find(' '));
        std::string rest = text.size() > word.size() ? text.substr(word.size() + 1) : "";
        if (word == "\\q") return false;
        if (word == "\\d") Execute(rest.empty() ? "SHOW TABLES" : "DESCRIBE TABLE EXTENDED " + rest);
        else if (word == "\\f") format_ = ParseFormat(rest);
        else if (word == "\\timing") timing_ = !timing_;
        else std::printf("%s", kHelp);
        return true;
    }

    void RefreshCompletions() {
        std::set<std::string> words(sql::Keywords().begin(), sql::Keywords().end());
        for (std::string_view name : sql::FunctionNames()) words.emplace(name);
        auto &catalog = engine_.catalog();
        if (auto schemas = catalog.ListSchemas(session_.current_catalog())) {
            for (auto &schema : *schemas) {
                words.insert(schema.name);
                auto tables = catalog.ListTables(schema.catalog, schema.name);
                if (!tables) continue;
                for (auto &table : *tables) {
                    words.insert(schema.name + "." + table.name.table);
                    if (schema.name != session_.current_schema()) continue;
                    words.insert(table.name.table);
                    words.insert(table.view_columns.begin(), table.view_columns.end());
                }
            }
        }
        words_.assign(words.begin(), words.end());
    }

    engine::Engine &engine_;
    engine::Session &session_;
    Format format_;
    bool timing_ = true;
    std::vector<std::string> words_;
};

}  // namespace

int RunShell(engine::Engine &engine, engine::Session &session, Format format) { return Shell(engine, session, format).Run(); }

}  // namespace tarn::cli
