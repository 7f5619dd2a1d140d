/* The least that a delivery can cost: one send() a socket, and nothing besides. */
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

/* Send the same bytes to each socket; returns how many took them whole. A full one is passed over. */
int send_all(const int *sockets, int count, const char *bytes, size_t length)
{
    int whole = 0;
    for (int i = 0; i < count; i++) {
        ssize_t sent;
        do
            sent = send(sockets[i], bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        while (sent < 0 && errno == EINTR);
        whole += sent == (ssize_t)length;
    }
    return whole;
}
