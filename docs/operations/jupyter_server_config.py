# reta in Jupyter, as a tile of its launcher and under /proxy/reta/, with jupyter-server-proxy: a file of this name in ~/.jupyter.
# Jupyter starts the program at the first visit. Whoever is let in by Jupyter comes to the page; control of a run takes the link
# that the program prints, whose end "launch?token=..." is added to the page's address.
c.ServerProxy.servers = {
    "reta": {
        "command": ["reta", "lessons", "--token", "--listen", "127.0.0.1:{port}"],
        "timeout": 30,
        "launcher_entry": {"title": "reta"},
    }
}
