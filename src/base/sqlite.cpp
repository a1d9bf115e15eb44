#include "base/sqlite.h"

#include <cerrno>
#include <mutex>
#include <system_error>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace tarn {

Result<std::unique_ptr<SqliteFile>> SqliteFile::Open(const std::filesystem::path &path, unsigned rights) {
    // SQLite gives a new file the process's usual rights, and its journal the file's. To close a descriptor of a file takes every lock that the
    // process has on it: only a file that nobody can have opened yet is opened here, one at a time.
    static std::mutex making;
    std::lock_guard lock(making);
    int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, rights);
    if (file >= 0) close(file);
    bool there = file >= 0 || errno == EEXIST;
    sqlite3 *db = nullptr;
    if (!there || sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nullptr) != SQLITE_OK) {
        std::string why = db != nullptr ? sqlite3_errmsg(db) : std::generic_category().message(errno);
        sqlite3_close(db);
        return Fail(ErrorKind::kIo, "IO_ERROR", "Cannot open " + path.string() + ": " + why + ".");
    }
    sqlite3_busy_timeout(db, kBusyMs);
    return std::unique_ptr<SqliteFile>(new SqliteFile(db, path.string()));
}

SqliteFile::~SqliteFile() { sqlite3_close(db_); }

Result<void> SqliteFile::Run(const char *sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return Failed();
    return {};
}

int64_t SqliteFile::changes() const { return sqlite3_changes(db_); }

std::unexpected<Error> SqliteFile::Failed() const {
    return Fail(ErrorKind::kIo, "IO_ERROR", name_ + " cannot be used: " + sqlite3_errmsg(db_) + ".");
}

SqliteStatement::SqliteStatement(SqliteFile &file, const char *sql) : file_(file) {
    status_ = sqlite3_prepare_v2(file.db_, sql, -1, &statement_, nullptr);
}

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

SqliteStatement &SqliteStatement::Text(std::string_view value) {
    if (status_ == SQLITE_OK) {
        status_ = sqlite3_bind_text64(statement_, ++bound_, value.data() ? value.data() : "", value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    return *this;
}

SqliteStatement &SqliteStatement::Blob(std::string_view value) {
    if (status_ == SQLITE_OK) status_ = sqlite3_bind_blob64(statement_, ++bound_, value.data() ? value.data() : "", value.size(), SQLITE_TRANSIENT);
    return *this;
}

SqliteStatement &SqliteStatement::Integer(int64_t value) {
    if (status_ == SQLITE_OK) status_ = sqlite3_bind_int64(statement_, ++bound_, value);
    return *this;
}

SqliteStatement &SqliteStatement::Real(double value) {
    if (status_ == SQLITE_OK) status_ = sqlite3_bind_double(statement_, ++bound_, value);
    return *this;
}

Result<bool> SqliteStatement::Step() {
    if (status_ == SQLITE_OK || status_ == SQLITE_ROW) status_ = sqlite3_step(statement_);
    if (status_ == SQLITE_ROW) return true;
    if (status_ == SQLITE_DONE) return false;
    return file_.Failed();
}

Result<void> SqliteStatement::Run() {
    TARN_CHECK(Step());
    return {};
}

void SqliteStatement::Reset() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    bound_ = 0;
    status_ = statement_ != nullptr ? SQLITE_OK : SQLITE_ERROR;
}

std::string SqliteStatement::TextAt(int column) const {
    auto bytes = static_cast<const char *>(sqlite3_column_blob(statement_, column));
    return bytes != nullptr ? std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(statement_, column))) : std::string();
}

int64_t SqliteStatement::IntegerAt(int column) const { return sqlite3_column_int64(statement_, column); }
double SqliteStatement::RealAt(int column) const { return sqlite3_column_double(statement_, column); }

}  // namespace tarn
