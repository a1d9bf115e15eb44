// base/sqlite.h: a SQLite file and its statements, with errors as values.
//
// For small files of a root that several processes share: names, secrets, what models answered. Writers take turns; a writer
// waits up to kBusyMs for another process.
// Ownership: a Statement borrows its Database. Threads: one at a time; callers hold a mutex.
// Errors: IO_ERROR with the file's name. Values that were bound never stand in an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tarn {

class SqliteFile {
public:
    static constexpr int kBusyMs = 20'000;

    static constexpr unsigned kOwnerOnly = 0600, kUsual = 0666;  // Rights of a new file, less the process's umask.

    // Opens the file, which is made when it is not there. Its folder must exist.
    static Result<std::unique_ptr<SqliteFile>> Open(const std::filesystem::path &path, unsigned rights = kOwnerOnly);
    ~SqliteFile();
    SqliteFile(const SqliteFile &) = delete;
    SqliteFile &operator=(const SqliteFile &) = delete;

    // One or more statements without parameters and rows.
    Result<void> Run(const char *sql);
    // Runs `body` as one transaction that nobody writes beside: undone when it fails or answers false, committed otherwise.
    template <class Body>
    auto Atomically(Body &&body) -> decltype(body()) {
        TARN_CHECK(Run("BEGIN IMMEDIATE"));
        auto done = body();
        bool keep = done.has_value();
        if constexpr (std::is_same_v<decltype(done), Result<bool>>) keep = keep && *done;
        Result<void> ended = Run(keep ? "COMMIT" : "ROLLBACK");
        if (!keep || ended) return done;
        static_cast<void>(Run("ROLLBACK"));
        return std::unexpected<Error>(std::move(ended).error());
    }
    // Rows that the last statement changed.
    int64_t changes() const;

private:
    friend class SqliteStatement;
    SqliteFile(sqlite3 *db, std::string name) : db_(db), name_(std::move(name)) {}
    std::unexpected<Error> Failed() const;

    sqlite3 *db_;
    std::string name_;
};

class SqliteStatement {
public:
    SqliteStatement(SqliteFile &file, const char *sql);
    ~SqliteStatement();
    SqliteStatement(const SqliteStatement &) = delete;
    SqliteStatement &operator=(const SqliteStatement &) = delete;

    // In the order of the `?`s.
    SqliteStatement &Text(std::string_view value);
    SqliteStatement &Blob(std::string_view value);
    SqliteStatement &Integer(int64_t value);
    SqliteStatement &Real(double value);

    // True: a row is there. False: the end.
    Result<bool> Step();
    Result<void> Run();
    // Calls `each` at every row.
    template <class Each>
    Result<void> ForEach(Each &&each) {
        while (true) {
            TARN_TRY(bool more, Step());
            if (!more) return {};
            each();
        }
    }
    // To be bound and run again.
    void Reset();

    // Of the current row; a NULL is "" and 0.
    std::string TextAt(int column) const;
    int64_t IntegerAt(int column) const;
    double RealAt(int column) const;

private:
    SqliteFile &file_;
    sqlite3_stmt *statement_ = nullptr;
    int status_ = 0;
    int bound_ = 0;
};

}  // namespace tarn
