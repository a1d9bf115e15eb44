#include "secrets/secret_store.h"

#include <cctype>
#include <chrono>

#include "base/sqlite.h"
#include "secrets/internal/key.h"
#include "secrets/redaction.h"

namespace tarn::secrets {
namespace {

constexpr size_t kMaxName = 128;
constexpr size_t kMaxValue = 128 * 1024;  // Bytes, as in Databricks.

// What the file's key must open before it is trusted with anything.
constexpr std::string_view kCheckText = "tarn secrets";
constexpr std::string_view kCheckAbout = "key check";

// secure_delete: a value that is replaced or deleted leaves no sealed bytes behind in the file.
constexpr const char *kCreate = R"sql(
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS scopes (name TEXT PRIMARY KEY, created_at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secrets (
  scope TEXT NOT NULL REFERENCES scopes (name), key TEXT NOT NULL, sealed BLOB NOT NULL, updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (scope, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS key_check (one INTEGER PRIMARY KEY CHECK (one = 1), sealed BLOB NOT NULL);
)sql";

int64_t Now() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Lengths in front: no two names give the same text.
std::string About(const std::string &scope, const std::string &key) {
    return "secret:" + std::to_string(scope.size()) + ":" + scope + ":" + std::to_string(key.size()) + ":" + key;
}

Result<void> CheckName(const char *what, const std::string &name, bool slash) {
    bool fits = !name.empty() && name.size() <= kMaxName;
    for (char c : name) {
        bool known = std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' || c == '@' || (slash && c == '/');
        fits &= known;
    }
    if (fits) return {};
    return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE",
                std::string("The ") + what + " of a secret is up to 128 letters, digits, `-`, `_`, `.` and `@`" + (slash ? " and `/`." : "."));
}

std::unexpected<Error> NoScope(const std::string &scope) {
    Error error = MakeError(ErrorKind::kNotFound, "RESOURCE_DOES_NOT_EXIST", "The secret scope `" + scope + "` does not exist.");
    error.remedy = "Make it with: tarn secret create-scope " + scope;
    return Fail(std::move(error));
}

std::unexpected<Error> NoSecret(const std::string &scope, const std::string &key) {
    return Fail(ErrorKind::kNotFound, "RESOURCE_DOES_NOT_EXIST", "There is no secret `" + key + "` in the scope `" + scope + "`.");
}

}  // namespace

SecretStore::SecretStore(std::filesystem::path root) : root_(std::move(root)) {}
SecretStore::~SecretStore() = default;

Result<bool> SecretStore::Open(bool make) {
    if (file_) return true;
    std::filesystem::path path = root_ / "secrets.db";
    std::error_code failed;
    if (!std::filesystem::exists(path, failed)) {
        if (!make) return false;
        std::filesystem::create_directories(root_, failed);
    }
    TARN_TRY(std::unique_ptr<SqliteFile> file, SqliteFile::Open(path));
    TARN_CHECK(file->Run(kCreate));
    file_ = std::move(file);
    return true;
}

// REQUIRES: file_.
Result<void> SecretStore::OpenKey(bool make) {
    if (key_) return {};
    SqliteStatement query(*file_, "SELECT sealed FROM key_check");
    TARN_TRY(bool checked, query.Step());
    TARN_TRY(std::unique_ptr<SealingKey> key, SealingKey::Find(root_, make && !checked));
    std::string text;
    if (checked && (!key->Unseal(query.TextAt(0), kCheckAbout, text) || text != kCheckText)) {
        Error error = MakeError(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE",
                                "The secrets of this root were sealed with another key than the one in " + key->source() + ".");
        error.remedy = "Give the key that they were written with: TARN_SECRET_KEY, TARN_SECRET_KEY_FILE, or ROOT/secret.key.";
        return Fail(std::move(error));
    }
    if (!checked) {
        SqliteStatement insert(*file_, "INSERT INTO key_check VALUES (1, ?)");
        TARN_CHECK(insert.Blob(key->Seal(kCheckText, kCheckAbout)).Run());
    }
    key_ = std::move(key);
    return {};
}

Result<bool> SecretStore::HasScope(const std::string &scope) {
    SqliteStatement query(*file_, "SELECT 1 FROM scopes WHERE name = ?");
    return query.Text(scope).Step();
}

Result<void> SecretStore::NeedScope(const std::string &scope) {
    TARN_TRY(bool open, Open(false));
    if (open) { TARN_TRY(open, HasScope(scope)); }
    if (!open) return NoScope(scope);
    return {};
}

Result<void> SecretStore::CreateScope(const std::string &scope) {
    TARN_CHECK(CheckName("scope", scope, false));
    std::lock_guard lock(mutex_);
    TARN_CHECK(Open(true));
    SqliteStatement insert(*file_, "INSERT OR IGNORE INTO scopes VALUES (?, ?)");
    TARN_CHECK(insert.Text(scope).Integer(Now()).Run());
    if (file_->changes() > 0) return {};
    return Fail(ErrorKind::kAlreadyExists, "RESOURCE_ALREADY_EXISTS", "The secret scope `" + scope + "` already exists.");
}

Result<void> SecretStore::DeleteScope(const std::string &scope) {
    std::lock_guard lock(mutex_);
    TARN_CHECK(NeedScope(scope));
    return file_->Atomically([&]() -> Result<void> {
        for (const char *sql : {"DELETE FROM secrets WHERE scope = ?", "DELETE FROM scopes WHERE name = ?"}) {
            SqliteStatement remove(*file_, sql);
            TARN_CHECK(remove.Text(scope).Run());
        }
        return {};
    });
}

Result<std::vector<ScopeEntry>> SecretStore::ListScopes() {
    std::lock_guard lock(mutex_);
    std::vector<ScopeEntry> scopes;
    TARN_TRY(bool open, Open(false));
    if (!open) return scopes;
    SqliteStatement query(*file_, "SELECT name, created_at_ms FROM scopes ORDER BY name");
    TARN_CHECK(query.ForEach([&] { scopes.push_back({query.TextAt(0), query.IntegerAt(1)}); }));
    return scopes;
}

Result<void> SecretStore::Put(const std::string &scope, const std::string &key, const std::string &value) {
    Hide(value);
    TARN_CHECK(CheckName("key", key, true));
    if (value.empty() || value.size() > kMaxValue) {
        return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", value.empty() ? "The value of a secret must not be empty." : "The value of a secret is at most 128 KiB.");
    }
    std::lock_guard lock(mutex_);
    TARN_CHECK(NeedScope(scope));
    return file_->Atomically([&]() -> Result<void> {
        TARN_CHECK(OpenKey(true));
        SqliteStatement insert(*file_, "INSERT OR REPLACE INTO secrets VALUES (?, ?, ?, ?)");
        return insert.Text(scope).Text(key).Blob(key_->Seal(value, About(scope, key))).Integer(Now()).Run();
    });
}

Result<std::optional<std::string>> SecretStore::Get(const std::string &scope, const std::string &key) {
    std::lock_guard lock(mutex_);
    TARN_TRY(bool open, Open(false));
    if (!open) return std::nullopt;
    SqliteStatement query(*file_, "SELECT sealed FROM secrets WHERE scope = ? AND key = ?");
    TARN_TRY(bool found, query.Text(scope).Text(key).Step());
    if (!found) return std::nullopt;
    TARN_CHECK(OpenKey(false));
    std::string value;
    if (!key_->Unseal(query.TextAt(0), About(scope, key), value)) {
        return Fail(ErrorKind::kCorrupt, "INVALID_PARAMETER_VALUE", "The secret `" + key + "` in the scope `" + scope + "` does not open: its bytes were changed or moved.");
    }
    Hide(value);
    return value;
}

Result<void> SecretStore::Delete(const std::string &scope, const std::string &key) {
    std::lock_guard lock(mutex_);
    TARN_CHECK(NeedScope(scope));
    SqliteStatement remove(*file_, "DELETE FROM secrets WHERE scope = ? AND key = ?");
    TARN_CHECK(remove.Text(scope).Text(key).Run());
    if (file_->changes() == 0) return NoSecret(scope, key);
    return {};
}

Result<std::vector<SecretEntry>> SecretStore::List(const std::string &scope) {
    std::lock_guard lock(mutex_);
    std::vector<SecretEntry> entries;
    if (!scope.empty()) TARN_CHECK(NeedScope(scope));
    TARN_TRY(bool open, Open(false));
    if (!open) return entries;
    SqliteStatement query(*file_, "SELECT scope, key, updated_at_ms FROM secrets WHERE ?1 = '' OR scope = ?1 ORDER BY scope, key");
    query.Text(scope);
    while (true) {
        TARN_TRY(bool more, query.Step());
        if (!more) return entries;
        entries.push_back({query.TextAt(0), query.TextAt(1), query.IntegerAt(2)});
    }
}

}  // namespace tarn::secrets
