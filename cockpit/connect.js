// Runs before Streamlit's scripts have loaded. Tells them where the server is, which they would ask for, and opens the
// connection, which they would open only then; Streamlit's first WebSocket is the one that is open already. Its second
// protocol is a token of Streamlit's own sign-in, which is not used here; a third one would resume a session.
{
  const origin = location.origin, Socket = WebSocket
  const address = `${origin.replace("http", "ws")}/_stcore/stream`, early = new Socket(address, ["streamlit", "none"])
  window.__streamlit = { BACKEND_BASE_URL: `${origin}/`, HOST_CONFIG: { allowedOrigins: [origin], useExternalAuthToken: false } }
  window.WebSocket = new Proxy(Socket, {
    construct(target, given) {
      window.WebSocket = Socket
      const [url, protocols] = given, open = early.readyState === Socket.OPEN
      if (String(url) !== address || protocols.length !== 2 || !(open || early.readyState === Socket.CONNECTING)) {
        early.close()
        return new Socket(...given)
      }
      if (open) setTimeout(() => early.dispatchEvent(new Event("open")))      // once it is listened to
      return early
    },
  })
}
