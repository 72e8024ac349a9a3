/* The disk as the program sees it, between the program and the C library.
 *
 * In: the environment. FAULT_UNDER names the folders that count, with `:` between them; FAULT_SIDE
 * the operations that count (`write` or `read`); FAULT_AT and FAULT_KIND which of them fails, and
 * how; FAULT_LOG a file that gets every operation; FAULT_CLOCK that the clock jumps. Out: the
 * operation, or its failure.
 * It is preloaded by the tests of tests/operations; nothing of it is in the program.
 *
 * A line of the log: SIDE <tab> OPERATION <tab> PATH <tab> OTHER PATH <tab> RESULT <tab> BYTES,
 * and after a write the bytes that were written. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum side { READ, WRITE };
/* What an operation needs of the disk: room, the right to change it, or neither. */
enum need { LOOKS, CHANGES, TAKES_ROOM };

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static const char *under, *kind;
static int log_file = -1, has_begun;
static long at, count;
static enum side counted;

static void begin(void) {
    if (has_begun) return;
    has_begun = 1;
    under = getenv("FAULT_UNDER");
    kind = getenv("FAULT_KIND");
    at = getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : 0;
    counted = getenv("FAULT_SIDE") && !strcmp(getenv("FAULT_SIDE"), "read") ? READ : WRITE;
    const char *log = getenv("FAULT_LOG");
    if (log) log_file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* Whether a path lies below one of the folders that count. */
static int is_counted(const char *path) {
    for (const char *from = under; from && *from;) {
        const char *end = strchrnul(from, ':');
        size_t length = (size_t)(end - from);
        if (length && from[length - 1] == '/') length--;
        if (!strncmp(path, from, length) && (path[length] == '/' || !path[length])) return 1;
        from = *end ? end + 1 : end;
    }
    return 0;
}

static void path_of(int file, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, (size_t)(PATH_MAX - 1));
    path[length < 0 ? 0 : length] = 0;
}

/* The whole path of a name in an open folder. */
static void path_at(int folder, const char *name, char *path) {
    if (name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
        return;
    }
    if (folder == AT_FDCWD) {
        if (!getcwd(path, PATH_MAX)) path[0] = 0;
    } else {
        path_of(folder, path);
    }
    size_t length = strlen(path);
    if (name[0]) snprintf(path + length, PATH_MAX - length, "/%s", name);
}

struct operation {
    enum side side;
    enum need need;
    const char *name, *path, *other;
};

/* Somebody else changes the file at hand. */
static void meddle(const char *path) {
    if (!strcmp(kind, "vanish")) syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (!strcmp(kind, "shrink")) syscall(SYS_truncate, path, 40L);
    if (strcmp(kind, "grow")) return;
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND, 0);
    syscall(SYS_write, file, "1;2\n", 4L);
    syscall(SYS_close, file);
}

/* A file system that takes rights and keeps none. */
static int keeps_no_rights(const struct operation *op) {
    return kind && !strcmp(kind, "no-rights") && !strcmp(op->name, "mode");
}

static int fails_with(const char *name, int error, int strikes) {
    return kind && !strcmp(kind, name) && strikes ? error : 0;
}

/* Counts an operation; the error that it fails with, or 0. Called under the lock. */
static int strike(const struct operation *op) {
    if (op->side != counted) return 0;
    long number = ++count;
    if (!kind || !at || number < at) return 0;
    int here = number == at;
    if (here && !strcmp(kind, "kill")) raise(SIGKILL);
    if (here) meddle(op->path);
    int error = fails_with("EIO", EIO, here);
    if (!error) error = fails_with("EACCES", EACCES, here && op->need != LOOKS);
    if (!error) error = fails_with("ENOSPC", ENOSPC, op->need == TAKES_ROOM);
    if (!error) error = fails_with("EROFS", EROFS, op->need != LOOKS);
    if (!error) error = fails_with("torn", ENOSPC, !here && op->need == TAKES_ROOM);
    return error;
}

/* Whether the write at hand gets half of its bytes to the disk. */
static int is_half(const struct operation *op) {
    int halves = kind && (!strcmp(kind, "torn") || !strcmp(kind, "short"));
    return halves && op->side == counted && count == at;
}

static void note(const struct operation *op, long result, const void *bytes) {
    if (log_file < 0) return;
    char line[2 * PATH_MAX + 128];
    long held = bytes && result > 0 ? result : 0;
    int length = snprintf(line, sizeof line, "%s\t%s\t%s\t%s\t%ld\t%ld\n", op->side == READ ? "read" : "write",
                          op->name, op->path, op->other ? op->other : "", result, held);
    syscall(SYS_write, log_file, line, (size_t)length);
    if (held) syscall(SYS_write, log_file, bytes, (size_t)held);
}

#define REAL(type, name, ...)                                             \
    static type (*real)(__VA_ARGS__);                                     \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

/* Does `call` unless it is to fail, and notes what came of it. */
#define DO(op, call)                                                      \
    do {                                                                  \
        pthread_mutex_lock(&one_at_a_time);                               \
        int error = strike(&(op));                                        \
        long result = error ? -1 : keeps_no_rights(&(op)) ? 0 : (long)(call); \
        if (error) errno = error;                                         \
        int kept = errno;                                                 \
        note(&(op), result, NULL);                                        \
        pthread_mutex_unlock(&one_at_a_time);                             \
        errno = kept;                                                     \
        return result;                                                    \
    } while (0)

static int open_any(int folder, const char *name, int flags, mode_t mode, int (*real)(int, const char *, int, ...)) {
    begin();
    char path[PATH_MAX];
    path_at(folder, name, path);
    if (!is_counted(path)) return real(folder, name, flags, mode);
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
    const char *what = (flags & O_TMPFILE) == O_TMPFILE ? "tmpfile" : flags & O_TRUNC ? "truncate"
                     : flags & O_CREAT ? "create" : writes ? "change" : flags & O_DIRECTORY ? "folder" : "open";
    struct operation op = { writes ? WRITE : READ, writes ? TAKES_ROOM : LOOKS, what, path, NULL };
    DO(op, real(folder, name, flags, mode));
}

#define MODE(flags)                                                       \
    mode_t mode = 0;                                                      \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                \
        va_list more;                                                     \
        va_start(more, flags);                                            \
        mode = va_arg(more, mode_t);                                      \
        va_end(more);                                                     \
    }

typedef int (*opener)(int, const char *, int, ...);

int open64(const char *name, int flags, ...) {
    MODE(flags);
    static opener real;
    if (!real) real = (opener)dlsym(RTLD_NEXT, "openat64");
    return open_any(AT_FDCWD, name, flags, mode, real);
}
int open(const char *name, int flags, ...) {
    MODE(flags);
    static opener real;
    if (!real) real = (opener)dlsym(RTLD_NEXT, "openat");
    return open_any(AT_FDCWD, name, flags, mode, real);
}
int openat64(int folder, const char *name, int flags, ...) {
    MODE(flags);
    static opener real;
    if (!real) real = (opener)dlsym(RTLD_NEXT, "openat64");
    return open_any(folder, name, flags, mode, real);
}
int openat(int folder, const char *name, int flags, ...) {
    MODE(flags);
    static opener real;
    if (!real) real = (opener)dlsym(RTLD_NEXT, "openat");
    return open_any(folder, name, flags, mode, real);
}

ssize_t write(int file, const void *bytes, size_t length) {
    REAL(ssize_t, "write", int, const void *, size_t);
    begin();
    char path[PATH_MAX];
    path_of(file, path);
    if (!is_counted(path)) return real(file, bytes, length);
    struct operation op = { WRITE, TAKES_ROOM, "write", path, NULL };
    pthread_mutex_lock(&one_at_a_time);
    int error = strike(&op);
    if (is_half(&op)) length = (length + 1) / 2;
    ssize_t result = error ? -1 : real(file, bytes, length);
    if (error) errno = error;
    int kept = errno;
    note(&op, result, bytes);
    pthread_mutex_unlock(&one_at_a_time);
    errno = kept;
    return result;
}

#define BY_FILE(type, name, side, need, word, parameters, arguments, ...) \
    type name parameters {                                                \
        REAL(type, #name, __VA_ARGS__);                                   \
        begin();                                                          \
        char path[PATH_MAX];                                              \
        path_of(file, path);                                              \
        if (!is_counted(path)) return real arguments;                     \
        struct operation op = { side, need, word, path, NULL };           \
        DO(op, real arguments);                                           \
    }
BY_FILE(int, fsync, WRITE, TAKES_ROOM, "sync", (int file), (file), int)
BY_FILE(int, fdatasync, WRITE, TAKES_ROOM, "sync", (int file), (file), int)
BY_FILE(int, fchmod, WRITE, CHANGES, "mode", (int file, mode_t mode), (file, mode), int, mode_t)
BY_FILE(int, ftruncate64, WRITE, TAKES_ROOM, "length", (int file, off64_t to), (file, to), int, off64_t)
BY_FILE(int, flock, WRITE, LOOKS, "lock", (int file, int how), (file, how), int, int)
BY_FILE(ssize_t, read, READ, LOOKS, "read", (int file, void *to, size_t length), (file, to, length), int, void *, size_t)
BY_FILE(ssize_t, pread64, READ, LOOKS, "read", (int file, void *to, size_t length, off64_t from), (file, to, length, from),
        int, void *, size_t, off64_t)

#define BY_PATH(name, side, need, word, parameters, arguments, folder, at_path, ...) \
    int name parameters {                                                 \
        REAL(int, #name, __VA_ARGS__);                                    \
        begin();                                                          \
        char path[PATH_MAX];                                              \
        path_at(folder, at_path, path);                                   \
        if (!is_counted(path)) return real arguments;                     \
        struct operation op = { side, need, word, path, NULL };           \
        DO(op, real arguments);                                           \
    }
BY_PATH(mkdir, WRITE, TAKES_ROOM, "mkdir", (const char *name, mode_t mode), (name, mode), AT_FDCWD, name,
        const char *, mode_t)
BY_PATH(chmod, WRITE, CHANGES, "mode", (const char *name, mode_t mode), (name, mode), AT_FDCWD, name, const char *, mode_t)
BY_PATH(unlink, WRITE, CHANGES, "remove", (const char *name), (name), AT_FDCWD, name, const char *)
BY_PATH(rmdir, WRITE, CHANGES, "remove", (const char *name), (name), AT_FDCWD, name, const char *)
BY_PATH(unlinkat, WRITE, CHANGES, "remove", (int folder, const char *name, int flags), (folder, name, flags), folder, name,
        int, const char *, int)
BY_PATH(statx, READ, LOOKS, "look", (int folder, const char *restrict name, int flags, unsigned mask,
        struct statx *restrict to), (folder, name, flags, mask, to), folder, name,
        int, const char *restrict, int, unsigned, struct statx *restrict)

DIR *opendir(const char *name) {
    REAL(DIR *, "opendir", const char *);
    begin();
    char path[PATH_MAX];
    path_at(AT_FDCWD, name, path);
    if (!is_counted(path)) return real(name);
    struct operation op = { READ, LOOKS, "list", path, NULL };
    pthread_mutex_lock(&one_at_a_time);
    int error = strike(&op);
    DIR *result = error ? NULL : real(name);
    if (error) errno = error;
    int kept = errno;
    note(&op, result ? 0 : -1, NULL);
    pthread_mutex_unlock(&one_at_a_time);
    errno = kept;
    return result;
}

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    begin();
    char path[PATH_MAX], other[PATH_MAX];
    path_at(AT_FDCWD, from, path);
    path_at(AT_FDCWD, to, other);
    if (!is_counted(path) && !is_counted(other)) return real(from, to);
    struct operation op = { WRITE, CHANGES, "rename", path, other };
    DO(op, real(from, to));
}

int symlink(const char *leads_to, const char *name) {
    REAL(int, "symlink", const char *, const char *);
    begin();
    char path[PATH_MAX];
    path_at(AT_FDCWD, name, path);
    if (!is_counted(path)) return real(leads_to, name);
    struct operation op = { WRITE, TAKES_ROOM, "symlink", path, leads_to };
    DO(op, real(leads_to, name));
}

/* A clock that is set forth and back by years from one look to the next. */
int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(int, "clock_gettime", clockid_t, struct timespec *);
    int result = real(clock, now);
    static int looks;
    if (clock == CLOCK_REALTIME && getenv("FAULT_CLOCK")) {
        now->tv_sec += __sync_fetch_and_add(&looks, 1) % 2 ? 100000000 : -400000000;
    }
    return result;
}
