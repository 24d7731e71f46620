/* Lets the n-th write to a database fail, as SQLite's own tests do: the disk answers with an error, once or from then on. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long passed = 0, fails_at = 0, for_ever = 0;

void disk_fails(long at, long ever) { passed = 0; fails_at = at; for_ever = ever; }
long disk_passed(void) { return passed; }

static int fails(int file) {
    char link[64], path[PATH_MAX];
    if (fails_at == 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strstr(path, "dunning.db") == NULL) return 0;
    passed++;
    if (passed == fails_at || (for_ever && passed > fails_at)) { errno = EIO; return 1; }
    return 0;
}

#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

ssize_t pwrite64(int f, const void *b, size_t n, off64_t at) { return fails(f) ? -1 : REAL(pwrite64)(f, b, n, at); }
ssize_t pwrite(int f, const void *b, size_t n, off_t at) { return fails(f) ? -1 : REAL(pwrite)(f, b, n, at); }
ssize_t write(int f, const void *b, size_t n) { return fails(f) ? -1 : REAL(write)(f, b, n); }
int fsync(int f) { return fails(f) ? -1 : REAL(fsync)(f); }
int fdatasync(int f) { return fails(f) ? -1 : REAL(fdatasync)(f); }
int ftruncate(int f, off_t n) { return fails(f) ? -1 : REAL(ftruncate)(f, n); }
int ftruncate64(int f, off64_t n) { return fails(f) ? -1 : REAL(ftruncate64)(f, n); }
