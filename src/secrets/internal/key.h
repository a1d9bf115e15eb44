// secrets/internal/key.h: the key that seals, where it comes from, and sealing itself (libsodium).
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tarn::secrets {

class SealingKey {
public:
    static constexpr size_t kBytes = 32;

    // `make`: ROOT/secret.key is made when no key is given anywhere.
    // Errors: INVALID_PARAMETER_VALUE for a key that is none or can be read by others, RESOURCE_DOES_NOT_EXIST, IO_ERROR.
    static Result<std::unique_ptr<SealingKey>> Find(const std::filesystem::path &root, bool make);
    ~SealingKey();
    SealingKey(const SealingKey &) = delete;
    SealingKey &operator=(const SealingKey &) = delete;

    // Nonce and sealed bytes. `about` must be the same when it is opened.
    std::string Seal(std::string_view value, std::string_view about) const;
    // False: another key, another `about`, or other bytes.
    bool Unseal(std::string_view sealed, std::string_view about, std::string &value) const;
    // "TARN_SECRET_KEY", or the file.
    const std::string &source() const { return source_; }

private:
    explicit SealingKey(std::string source) : source_(std::move(source)) {}
    std::array<unsigned char, kBytes> bytes_;
    std::string source_;
};

}  // namespace tarn::secrets
