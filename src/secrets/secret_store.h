// secrets/secret_store.h: values that must not be seen, kept in ROOT/secrets.db by scope and key.
//
// Each value is sealed with XChaCha20-Poly1305 under a random nonce, with its scope and key as associated data: a value
// that somebody moves to another name does not open. Names, times and lengths are not secret.
// The key that seals: 32 bytes, base64 or hex, from TARN_SECRET_KEY, else from the file that TARN_SECRET_KEY_FILE names,
// else from ROOT/secret.key, which is made with mode 0600 when the first secret is written.
// A file holds values of one key: another one is refused with INVALID_PARAMETER_VALUE before anything is read or written.
// Names: letters, digits, `-`, `_`, `.`, `@` and `/`, up to 128 of them; scopes without `/`. Values: up to 128 KiB.
// Threads: any. Several processes may use one root.
// Cost: nothing is opened before the first call.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace tarn {
class SqliteFile;
}

namespace tarn::secrets {

class SealingKey;

struct ScopeEntry {
    std::string name;
    int64_t created_at_ms = 0;
};

struct SecretEntry {
    std::string scope, key;
    int64_t updated_at_ms = 0;
};

class SecretStore {
public:
    // Does not touch the disk.
    explicit SecretStore(std::filesystem::path root);
    ~SecretStore();

    // Errors: RESOURCE_ALREADY_EXISTS, INVALID_PARAMETER_VALUE for a name.
    Result<void> CreateScope(const std::string &scope);
    // With all its secrets. Errors: RESOURCE_DOES_NOT_EXIST.
    Result<void> DeleteScope(const std::string &scope);
    Result<std::vector<ScopeEntry>> ListScopes();

    // Replaces a value of that name. Errors: RESOURCE_DOES_NOT_EXIST for the scope, INVALID_PARAMETER_VALUE.
    Result<void> Put(const std::string &scope, const std::string &key, const std::string &value);
    // nullopt: no such secret. The value is on the list of what must not be printed (redaction.h) from now on.
    Result<std::optional<std::string>> Get(const std::string &scope, const std::string &key);
    Result<void> Delete(const std::string &scope, const std::string &key);  // Errors: RESOURCE_DOES_NOT_EXIST
    // Of one scope, or of all when it is empty. Never values. Errors: RESOURCE_DOES_NOT_EXIST.
    Result<std::vector<SecretEntry>> List(const std::string &scope);

private:
    // False: there is no file, and `make` was not set.
    Result<bool> Open(bool make);
    Result<void> OpenKey(bool make);
    Result<bool> HasScope(const std::string &scope);
    Result<void> NeedScope(const std::string &scope);

    const std::filesystem::path root_;
    std::mutex mutex_;
    std::unique_ptr<SqliteFile> file_;
    std::unique_ptr<SealingKey> key_;
};

}  // namespace tarn::secrets
