#include "secrets/internal/key.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/text.h"

namespace tarn::secrets {
namespace {

constexpr size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(SealingKey::kBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

const unsigned char *Bytes(std::string_view text) { return reinterpret_cast<const unsigned char *>(text.data()); }

// Hex, base64 or URL-safe base64 of exactly 32 bytes.
bool Decode(const std::string &text, std::array<unsigned char, SealingKey::kBytes> &bytes) {
    size_t length = 0;
    if (text.size() == 2 * bytes.size()) {
        return sodium_hex2bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length, nullptr) == 0 && length == bytes.size();
    }
    for (int variant : {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING, sodium_base64_VARIANT_URLSAFE,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING}) {
        if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length, nullptr, variant) == 0 && length == bytes.size()) return true;
    }
    return false;
}

std::unexpected<Error> Wrong(std::string message, std::string remedy) {
    Error error = MakeError(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", std::move(message));
    error.remedy = std::move(remedy);
    return Fail(std::move(error));
}

Result<std::string> ReadKeyFile(const std::filesystem::path &path, bool own) {
    int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return Fail(ErrorKind::kIo, "IO_ERROR", "Cannot read the key file " + path.string() + ": " + std::strerror(errno) + ".");
    struct stat info {};
    char buffer[512];
    ssize_t size = fstat(file, &info) == 0 ? read(file, buffer, sizeof buffer) : -1;
    close(file);
    if (size < 0) return Fail(ErrorKind::kIo, "IO_ERROR", "Cannot read the key file " + path.string() + ": " + std::strerror(errno) + ".");
    if (own && (info.st_mode & 077) != 0) {
        sodium_memzero(buffer, sizeof buffer);
        return Wrong("Others than its owner may read the key file " + path.string() + ".",
                     "Run chmod 600 on it; if somebody may have read it, put the secrets again under a new key.");
    }
    std::string text(buffer, static_cast<size_t>(size));
    sodium_memzero(buffer, sizeof buffer);
    return text;
}

// Whoever comes first makes the file, whole and readable by its owner alone from its first moment.
Result<void> MakeKeyFile(const std::filesystem::path &path) {
    unsigned char bytes[SealingKey::kBytes];
    char text[2 * sizeof bytes + 2];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
    text[2 * sizeof bytes] = '\n';
    std::string temporary = path.string() + "." + std::to_string(getpid()) + "." + std::to_string(randombytes_random());
    int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written = file >= 0 && write(file, text, 2 * sizeof bytes + 1) == static_cast<ssize_t>(2 * sizeof bytes + 1) && fsync(file) == 0;
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(text, sizeof text);
    if (file >= 0) close(file);
    bool linked = written && (link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST);
    int why = errno;
    unlink(temporary.c_str());
    if (linked) return {};
    return Fail(ErrorKind::kIo, "IO_ERROR", "Cannot make the key file " + path.string() + ": " + std::strerror(why) + ".");
}

}  // namespace

Result<std::unique_ptr<SealingKey>> SealingKey::Find(const std::filesystem::path &root, bool make) {
    if (sodium_init() < 0) return Fail(ErrorKind::kIo, "IO_ERROR", "The machine gives no random bytes: secrets cannot be kept.");
    std::string text, source;
    if (const char *set = std::getenv("TARN_SECRET_KEY"); set != nullptr && *set != '\0') {
        text = set;
        source = "TARN_SECRET_KEY";
    } else if (const char *named = std::getenv("TARN_SECRET_KEY_FILE"); named != nullptr && *named != '\0') {
        source = named;
        TARN_TRY(text, ReadKeyFile(named, false));
    } else {
        std::filesystem::path path = root / "secret.key";
        source = path.string();
        std::error_code failed;
        if (!std::filesystem::exists(path, failed)) {
            if (!make) {
                Error error = MakeError(ErrorKind::kNotFound, "RESOURCE_DOES_NOT_EXIST", "The secrets of this root have no key: " + source + " is missing.");
                error.remedy = "Give the key with TARN_SECRET_KEY or TARN_SECRET_KEY_FILE, or bring the file back. Without it the values are lost: delete secrets.db and put them again.";
                return Fail(std::move(error));
            }
            TARN_CHECK(MakeKeyFile(path));
        }
        TARN_TRY(text, ReadKeyFile(path, true));
    }
    std::unique_ptr<SealingKey> key(new SealingKey(std::move(source)));
    std::string trimmed(Trim(text));
    bool decoded = Decode(trimmed, key->bytes_);
    sodium_memzero(text.data(), text.size());
    sodium_memzero(trimmed.data(), trimmed.size());
    if (!decoded) return Wrong("The key in " + key->source_ + " is not 32 bytes in base64 or hex.", "Make one with: openssl rand -base64 32");
    return key;
}

SealingKey::~SealingKey() { sodium_memzero(bytes_.data(), bytes_.size()); }

std::string SealingKey::Seal(std::string_view value, std::string_view about) const {
    std::string sealed(kNonce + value.size() + kTag, '\0');
    auto *out = reinterpret_cast<unsigned char *>(sealed.data());
    randombytes_buf(out, kNonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + kNonce, nullptr, Bytes(value), value.size(), Bytes(about), about.size(), nullptr, out, bytes_.data());
    return sealed;
}

bool SealingKey::Unseal(std::string_view sealed, std::string_view about, std::string &value) const {
    if (sealed.size() < kNonce + kTag) return false;
    std::string_view body = sealed.substr(kNonce);
    value.resize(body.size() - kTag);
    return crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char *>(value.data()), nullptr, nullptr, Bytes(body), body.size(), Bytes(about),
                                                      about.size(), Bytes(sealed), bytes_.data()) == 0;
}

}  // namespace tarn::secrets
